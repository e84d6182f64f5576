-- The guards of a profile against every command that changes something.

local program = require "spec.support.program"

-- Three tagged servers, each with an open isolation and an open scan, and one plain workstation.
local INCIDENT = [[{ mistaken = 0, history = 0, arrange = function(service)
  local MUTE = %s
  for i = 1, 4 do
    local id = service:add_machine { id = ("%%040x"):format(i), lastSeen = os.time(),
      computerDnsName = ("m-%%d.contoso.com"):format(i), rbacGroupName = i < 4 and "Servers" or nil,
      machineTags = i < 4 and { "crown-jewel" } or {} }
    for j, type in ipairs(i < 4 and { "Isolate", "RunAntiVirusScan" } or {}) do
      service:add { id = ("%%08d-0000-4000-8000-%%012d"):format(i, j), type = type, machine_id = id,
        dns_name = ("m-%%d.contoso.com"):format(i), requestor = "soar@contoso.com" }
    end
  end
  local answer = service.answer
  function service:answer(request)
    if not MUTE or not request.path:find "^/api/machines/" then return answer(self, request) end
    return { delay = 0, status = 403, headers = {},
      body = '{"error":{"code":"Forbidden","message":"not these"}}' }
  end
end }]]

-- Also defines `guard LUA`, which sets the guards of the only profile.
local SETUP = [[
  set -f; mkdir -p $XDG_CONFIG_HOME/mde; ids=$(mde list --requestor soar@contoso.com --ids)
  guard() {
    echo "return { profiles = { contoso = { tenant = '$AZURE_TENANT_ID', guard = { $1 } } } }" \
      >$XDG_CONFIG_HOME/mde/config.lua
  }
  far="hours = \"$(date -u -d '+3 days' +%a) 00:00-24:00 UTC\""
  wanted="--type Isolate --requestor soar@contoso.com"
  tally() { grep -c '^POST /api/' $REQUESTS; }
  echo 'return { comment = "x", select = { requestor = "soar@contoso.com" },
    decide = "cancel" }' >p.lua
  approve_plan() {
    mde plan p.lua -o plan >/dev/null 2>&1; hash=$(tail -n 1 plan | cut -d '"' -f 4)
  }
  approve_policy() { hash=$(mde test p.lua 2>&1 >/dev/null | sed -n 's/.*approve: //p'); }
  begin_batch() {
    for i in 1 2 3; do
      echo 0000000$i-0000-4000-8000-000000000001; echo 0000000$i-0000-4000-8000-000000000002
    done | mde cancel - -m x --yes --max 6 --parallel 1 --batch b >/dev/full 2>/dev/null
  }
]]

local function rehearse(script, options)
  return program.rehearse(INCIDENT:format(options or "false"), SETUP .. script)
end

local function assert_said(text, ...)
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), text) end
end

local GUARDS = {
  max = "max = 1", max_share = "max_share = 0.001", max_per_machine = "max_per_machine = 1",
  max_per_group = "max_per_group = 1", protect_tags = "protect_tags = 'crown-jewel'",
  protect_machines = "protect_machines = 'm-2*'", protect_groups = "protect_groups = 'servers'",
  protect_types = "protect_types = 'Isolate'",
  protect_requestors = "protect_requestors = 'soar@contoso.com'", hours = "$far",
}

-- Each command: { words; AGREE stands for the options that agree beforehand, agree (these),
-- before (shell: prepares it), exempt (the guards that it cannot exceed) }.
local COMMANDS = {
  { "mde cancel -m INC1 AGREE $ids", agree = "--yes --max 50" },
  { "mde cancel -m INC1 AGREE --requestor soar@contoso.com", agree = "--yes --max 50" },
  { "mde run playbook $ids", is_unattended = true,
    before = "printf 'assert(mde.batch { change = \"cancel\", comment = \"INC1\", targets = arg,"
      .. " yes = true, max = 50 })' >playbook" },
  { "mde unblock m-2.contoso.com -m INC1 AGREE" },
  { "mde isolate m-1.contoso.com m-2.contoso.com -m INC1 AGREE",
    exempt = "max_per_machine protect_requestors" },
  { "mde machines m-1.contoso.com m-2.contoso.com --add-tag x AGREE",
    exempt = "max_per_machine protect_requestors protect_types" },
  { ("mde api POST /api/machines/%040x/isolate AGREE -d"):format(2)
    .. " '{\"Comment\":\"x\",\"IsolationType\":\"Full\"}'",
    exempt = "max max_per_machine max_per_group protect_requestors" },
  { "mde api POST /api/machineactions/00000002-0000-4000-8000-000000000001/cancel AGREE -d"
    .. " '{\"Comment\":\"x\"}'", exempt = "max max_per_machine max_per_group" },
  { "mde undo --requestor soar@contoso.com --newer-than 1d -m INC1 AGREE",
    agree = "--yes --max 50" },
  { "mde apply plan AGREE", agree = "--approve $hash", before = "approve_plan" },
  { "mde resume b", before = "begin_batch" },
  { "mde watch p.lua --once --approve $hash >&2", before = "approve_policy", exempt = "hours",
    is_unattended = true },
}

-- Launches of all types, and other changes of machines: checked against all guards at once.
local OTHERS = {}
for _, words in ipairs { "unisolate", "restrict", "unrestrict", "scan", "collect",
    "quarantine --sha1 87662bc3d60e4200ceaf7aae249d1c343f4b83c9", "live-response --run x.ps1" } do
  OTHERS[#OTHERS + 1] = { ("mde launch %s m-1.contoso.com m-2.contoso.com -m INC1 AGREE")
    :format(words), exempt = "max_per_machine protect_requestors protect_types" }
end
for _, words in ipairs { "--remove-tag crown-jewel", "--set-value High" } do
  OTHERS[#OTHERS + 1] = { ("mde machines m-1.contoso.com m-2.contoso.com %s AGREE"):format(words),
                          exempt = "max_per_machine protect_requestors protect_types" }
end

local function with_agreement(command)
  return (command[1]:gsub("AGREE", command.agree or "--yes"))
end

-- Returns whether a command can exceed a guard.
local function can_exceed(command, name)
  return not (" " .. (command.exempt or "") .. " "):find(" " .. name .. " ", 1, true)
end

-- Runs a script after what prepares a command, and prints how many requests with an effect it sent.
local function run_after(command, script)
  return rehearse((command.before or "") .. "\nfrom=$(tally)\n" .. script
    .. "\necho sent $(($(tally) - from))")
end

-- All guards, all of which most commands exceed.
local ALL_GUARDS = {}
for _, text in pairs(GUARDS) do ALL_GUARDS[#ALL_GUARDS + 1] = text end
ALL_GUARDS = table.concat(ALL_GUARDS, ", ")

local WITHIN = "max = 9, max_per_machine = 9, max_per_group = 9, max_share = 1, protect_tags = 'x',"
  .. " protect_groups = 'x', protect_types = 'Offboard', protect_machines = 'x',"
  .. " protect_requestors = 'x', hours = '00:00-24:00 UTC'"

describe("an unattended command", function()
  for _, command in ipairs(COMMANDS) do
    it("sends nothing if a guard is exceeded: " .. command[1], function()
      local script = {}
      for name, text in pairs(GUARDS) do
        if can_exceed(command, name) then
          script[#script + 1] = ("guard \"%s\"; echo is %s >&2; %s"):format(text, name,
            with_agreement(command))
          script[#script + 1] = "s=$?; [ $s = 3 ] || echo was $s"
        end
      end
      local run = run_after(command, table.concat(script, "\n"))
      assert.equal("sent 0\n", run.out, run.err)
      for name in pairs(GUARDS) do
        if can_exceed(command, name) then
          assert.truthy(run.err:find(("is %s\n.-guard %s of the profile contoso: "):format(name,
            name)), run.err)
        end
      end
    end)

    it("is carried out within all guards: " .. command[1], function()
      local run = run_after(command, ("guard \"%s\"\n%s || exit"):format(WITHIN,
        with_agreement(command)))
      assert.equal(0, run.status, run.err)
      assert.truthy(run.out:find "sent [1-9]", run.out)
    end)
  end

  for _, command in ipairs(OTHERS) do
    it("sends nothing, and names all exceeded guards: " .. command[1], function()
      local run = run_after(command, ("guard \"%s\"\n%s; echo was $?"):format(ALL_GUARDS,
        with_agreement(command)))
      assert.equal("was 3\nsent 0\n", run.out, run.err)
      for name in pairs(GUARDS) do
        assert.equal(can_exceed(command, name),
          run.err:find(("guard %s of the profile contoso: "):format(name), 1, true) ~= nil, name)
      end
    end)
  end
end)

describe("a dry run", function()
  for _, list in ipairs { COMMANDS, OTHERS } do
    for _, command in ipairs(list) do
      if command[1]:find "AGREE" then
        it("shows all exceeded guards: " .. command[1], function()
          local run = run_after(command, ("guard \"%s\"\n%s >&2; echo was $?"):format(ALL_GUARDS,
            (command[1]:gsub("AGREE", "-n"))))
          assert.equal("was 0\nsent 0\n", run.out, run.err)
          for name in pairs(GUARDS) do
            assert.equal(can_exceed(command, name), run.err:find(
              ("Exceeded: guard %s of the profile contoso: "):format(name), 1, true) ~= nil, name)
          end
        end)
      end
    end
  end
end)

describe("--override", function()
  it("exceeds the named guards, with --yes and --max, and is recorded", function()
    local run = rehearse [[guard "max = 2, protect_tags = 'crown-jewel', $far"
      cancel() { mde cancel $wanted -m "INC0048211" "$@"; echo "was $?"; }
      cancel --override max; cancel --override max --max 5; cancel --yes --max 5 --override max
      cancel --yes --max 5 --override max --override protect_tags; tally
      cancel --yes --max 5 --override max --override protect_tags --override hours --batch b
      mde batch show b --json | head -n 1; grep overridden $XDG_STATE_HOME/mde/audit.jsonl]]
    assert.truthy(run.out:find("^was 2\nwas 2\nwas 3\nwas 3\n0\ncancelled.*was 0\n"), run.out)
    assert_said(run.err, "--override requires --yes and --max N",
      "guard protect_tags of the profile contoso: 3 are protected: ",
      "nothing was sent; --override max --override protect_tags --override hours, with --yes and"
        .. " --max, exceeds them")
    assert_said(run.out, '"what":"batch overridden"', "max, protect_tags, hours: 3 changes;",
      "Reason: INC0048211")
  end)

  it("lets a single request pass, too", function()
    local run = rehearse(([[guard "protect_types = 'Isolate'"
      api() { mde api POST /api/machines/%040x/isolate -m INC1 --batch b "$@" \
        -d '{"Comment":"x","IsolationType":"Full"}' >/dev/null; echo "was $?"; }
      api --yes; api --yes --override protect_types; tally
      api --yes --max 1 --override protect_types; tally
      grep -c overridden $XDG_STATE_HOME/mde/audit.jsonl]]):format(2))
    assert.equal("was 3\nwas 2\n0\nwas 0\n1\n1\n", run.out, run.err)
  end)

  it("applies a plan and undoes an incident beyond guards, and is recorded", function()
    local run = rehearse [[approve_plan; guard "max = 2, $far"
      more="--yes --max 6 --override max --override hours"
      mde apply plan -m y --approve $hash --max 6 --override max; echo "was $?"
      mde apply plan --approve $hash $more --batch b | grep -c cancelled
      mde undo --requestor soar@contoso.com --newer-than 1d -m x $more -n | grep -c would
      grep -c '"what":"batch overridden"' $XDG_STATE_HOME/mde/audit.jsonl; tally]]
    assert.equal("was 2\n6\n0\n1\n6\n", run.out, run.err)
  end)

  it("is refused if the profile is not overridable", function()
    local run = rehearse [[guard "max = 2, overridable = false"
      mde cancel $wanted -m x --yes --max 5 --override max; echo "was $?"; tally]]
    assert.equal("was 3\n0\n", run.out, run.err)
    assert_said(run.err, "the limit is 2 (it cannot be overridden)")
  end)

  it("is not repeated to resume the batch", function()
    local run = rehearse [[guard "max = 2"
      mde cancel $wanted -m x --yes --max 5 --override max --batch b --parallel 1 >/dev/full
      mde resume b | grep -c cancelled; guard "max = 2, max_per_group = 2"; tally]]
    assert.truthy(run.out:find "^[12]\n3\n$", run.out .. run.err)
  end)

  it("exceeds guards that refuse to resume a batch, and is recorded", function()
    local run = rehearse [[begin_batch; guard "max = 2, $far"; tally
      resume() { mde resume b "$@" >out; echo "was $?"; }
      resume; resume --yes; resume --override max; resume --yes --max 6 --override max
      more="--override max --override hours -m INC0048211"
      resume --yes --max 6 --override max -m INC0048211; resume --yes --max 2 $more
      mde resume --yes --max 6 $more; echo "was $?"; tally
      resume --yes --max 6 $more; tally
      mde batch show b --json | grep -c '"verdict":"cancelled"'
      grep overridden $XDG_STATE_HOME/mde/audit.jsonl]]
    assert.truthy(run.out:find("^1\nwas 3\nwas 3\nwas 2\nwas 2\nwas 3\nwas 3\nwas 2\n1\n"
      .. "was 0\n6\n6\n"), run.out .. run.err)
    assert_said(run.out, '"what":"batch overridden"', "max, hours: 6 changes;",
      "Reason: INC0048211")
    assert_said(run.err, "nothing was sent; --override max --override hours, with --yes and --max,"
      .. " exceeds them",
      "--override requires -m REASON", "--yes requires BATCH",
      "5 items are open, and --max is 2; nothing was sent")
  end)
end)

describe("a change without guards in the profile", function()
  it("adds no request", function()
    local run = rehearse [[mde cancel --yes -m x $ids; grep -v cancel$ $REQUESTS | sort | uniq -c]]
    local before = run.out
    run = rehearse [[guard "max = 50, hours = '00:00-24:00 UTC'"; mde cancel --yes -m x $ids
      grep -v cancel$ $REQUESTS | sort | uniq -c]]
    assert.equal(select(2, before:gsub("\n", "")), select(2, run.out:gsub("\n", "")), run.out)
  end)
end)

describe("a fact that cannot be read", function()
  it("makes the machine protected, with the reason", function()
    local run = rehearse([[guard "protect_tags = 'x'"
      mde cancel $wanted -m x --yes --max 5; echo "was $?"
      guard "protect_types = 'Offboard'"
      mde cancel 5382f7ea-7557-4ab7-9782-d50480024a4e -m x --yes; echo "was $?"; tally]],
      "true")
    assert.equal("was 3\nwas 3\n0\n", run.out, run.err)
    assert_said(run.err, "has an unknown machine (",
      "has an unknown action (the service does not know it)")
  end)
end)

-- Shell: runs a command at a terminal; `dialogue`: what is waited for, and typed.
local function typing(dialogue, command)
  local words = {}
  for i, word in ipairs(dialogue) do words[i] = program.quote(word) end
  return ("TERM=xterm %s 400 %s -- %s; echo \"was $?\""):format(program.pty(),
    table.concat(words, " "), command)
end

local function at_terminal(guard, dialogue, command)
  return rehearse(("guard \"%s\"\n%s; tally"):format(guard, typing(dialogue, command)))
end

describe("at a terminal", function()
  for _, list in ipairs { COMMANDS, OTHERS } do
    for _, command in ipairs(list) do
      if not command.is_unattended then
        it("one question names all exceeded guards: " .. command[1], function()
          local words = command[1]:gsub("AGREE", "")
          local run = run_after(command, ("guard \"%s\"\n%s"):format(ALL_GUARDS,
            typing({ "to continue: ", "n^M" }, words)))
          assert.truthy(run.out:find "was 3\nsent 0\n$", run.out)
          for name in pairs(GUARDS) do
            assert.equal(name ~= "hours" and can_exceed(command, name),
              run.out:find(("(%s of the profile contoso"):format(name), 1, true) ~= nil, name)
          end
        end)
      end
    end
  end

  it("an offboarding names the guards before it asks for the machine", function()
    local run = at_terminal(ALL_GUARDS, { "to offboard it: ", "n^M" },
      "mde launch offboard m-2.contoso.com -m INC1")
    assert.truthy(run.out:find "was 3\n0\n$", run.out)
    assert_said(run.out, "protect_tags of the profile contoso", "protect_machines of the profile")
  end)

  local ALL = "max = 2, protect_tags = 'crown-jewel', $far"

  it("one question lists all exceeded guards, and the number of changes overrides them", function()
    local run = at_terminal(ALL, { "to continue: ", "6^M" },
      "mde cancel --requestor soar@contoso.com -m INC0048211 --batch b")
    assert.truthy(run.out:find("was 0\n6\n$"), run.out)
    assert_said(run.out, "Cancel 6 machine actions in tenant ",
      "  6 changes; the limit is 2 (max of the profile contoso)",
      "  6 tagged crown-jewel: m-3.contoso.com, m-2.contoso.com, m-1.contoso.com (protect_tags of"
        .. " the profile contoso; --except-tag crown-jewel leaves them out)",
      "0 unprotected, 6 tagged crown-jewel; exceeds max 2. Type 6 to continue: ")
    assert.falsy(run.out:find("hours of the profile", 1, true), run.out)
  end)

  it("a single change is asked about too, and anything but the number refuses", function()
    for _, command in ipairs { "mde cancel -m x 00000001-0000-4000-8000-000000000001",
                               "mde isolate m-1.contoso.com -m x",
                               "mde unblock m-1.contoso.com --type Isolate -m x" } do
      for _, answer in ipairs { "y", "2", "" } do
        local run = at_terminal("protect_tags = 'crown-jewel'",
          { "Type 1 to continue: ", answer .. "^M" }, command)
        assert.truthy(run.out:find("was 3\n0\n$"), run.out)
        assert_said(run.out, "0 unprotected, 1 tagged crown-jewel. Type 1 to continue: ",
          "not confirmed; nothing was sent")
      end
    end
  end)

  it("hours do not bind a person, and what is not overridable is refused", function()
    local run = at_terminal("$far", {}, "mde isolate m-1.contoso.com -m x")
    assert.truthy(run.out:find("was 0\n1\n$"), run.out)
    run = at_terminal("max = 2, overridable = false", {},
      "mde cancel --type Isolate --requestor soar@contoso.com -m x")
    assert.truthy(run.out:find("was 3\n0\n$"), run.out)
    assert_said(run.out, "guard max of the profile contoso: 3 changes; the limit is 2 (it cannot")
  end)
end)

describe("--except-…", function()
  it("leaves machines out of cancels and launches, however they are chosen", function()
    local run = rehearse [[guard "protect_machines = 'm-2*'"; plain="-m x --yes --max 9"
      for left in "--except-machine m-2.contoso.com" "--except-file file"; do
        echo "M-2 # why" >file
        mde cancel $wanted $left $plain -n; mde cancel $ids $left $plain -n
        mde list --ids $wanted | mde cancel - $left $plain -n
        mde isolate m-1 m-2 m-3 $left $plain -n
      done
      mde cancel $wanted --except-tag crown-jewel $plain; mde isolate --name 'm-*' -m x -n \
        --except-tag Crown-Jewel
      mde cancel $wanted --except-machine m-2 $plain; tally]]
    local count = select(2, run.out:gsub("\n", ""))
    assert.equal(2 * (2 + 4 + 2 + 2) + 1 + 2 + 1, count, run.out .. run.err)
    assert.falsy(run.out:find("m-2", 1, true), run.out)
    assert.truthy(run.out:find "2\n$", run.out)
    assert_said(run.err, "1 left out: the machine is excepted.",
      "3 left out: tag crown-jewel is excepted.")
  end)

  it("names what the question suggests", function()
    local run = at_terminal("protect_machines = 'm-2*'", { "to continue: ", "n^M" },
      "mde cancel $wanted -m x")
    assert_said(run.out, "1 on protected machines: m-2.contoso.com (protect_machines of the profile"
      .. " contoso; --except-machine m-2.contoso.com leaves it out)",
      "2 unprotected, 1 on protected")
  end)
end)
