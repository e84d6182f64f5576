-- Audit logs of several users and hosts, and after a power failure.

local hosts = require "spec.support.hosts"
local postgresql = require "spec.support.postgresql"
local program = require "spec.support.program"
local trouble = require "spec.support.trouble"

local function assert_lines(expected, text)
  local i = 0
  for line in text:gmatch "[^\n]+" do
    i = i + 1
    assert.truthy(line:find(expected[i] or "^$"), ("line %d is %q"):format(i, line))
  end
  assert.equal(#expected, i, text)
end

describe("two hosts that share a PostgreSQL", function()
  local server

  setup(function() server = postgresql.start() end)
  teardown(function() server:stop() end)

  it("cancel without a state folder, and verify their own log or both", function()
    local run = hosts.rehearse(server.url, "{ mistaken = 12, history = 0 }", [[
      mde list --requestor soar@contoso.com --ids 2>/dev/null >ids
      cancel() {
        on $1 mde cancel $(head -n 2 ids) -m x --yes >out 2>err || cat out err
        sed -i 1,2d ids
      }
      cancel soc1; cancel soc2; cancel soc1
      on soc1 mde audit verify; on soc2 mde audit verify
      mv soc1/mde/audit.jsonl soc1/mde/audit-1.jsonl
      cancel soc1
      on soc1 mde audit verify 2>&1; echo "was $?"
      on soc3 mde audit verify soc?/mde/audit*.jsonl; echo "was $?"
      sed -i '3s/cancelled/not_found/' soc2/mde/audit.jsonl
      on soc1 mde audit verify soc?/mde/audit*.jsonl 2>&1 >out; echo "was $?"
      mde batch list --json | wc -l]])
    assert.equal(0, run.status, run.out .. run.err)
    assert_lines({
      "^8 lines, unbroken, up to %S+$", "^4 lines, unbroken, up to %S+$",
      "^mde: .*soc1.*: lines 1 to 8 are in none of these files: if the log was moved away, also"
        .. " name the file with them$", "^was 1$",
      "^soc1/mde/audit%-1.jsonl, soc1/mde/audit.jsonl: 12 lines, unbroken",
      "^soc2/mde/audit.jsonl: 4 lines, unbroken", "^was 0$",
      "^mde: soc2/mde/audit.jsonl: line 3 was changed$", "^was 1$", "^4$",
    }, run.out)
  end)

  it("leave no batch begun if the log cannot be written", function()
    local run = hosts.rehearse(server.url, "{ mistaken = 2, history = 0 }", [[
      mkdir -p soc4/mde/audit.jsonl
      on soc4 mde cancel --requestor soar@contoso.com -m x --yes --max 2 --batch none 2>&1
      echo "was $?"; mde batch show none 2>&1]])
    assert.equal(2, run.status, run.out)
    assert.truthy(run.out:find("audit log .*audit.jsonl cannot be written: Is a directory.*was 4"))
    assert.truthy(run.out:find("there is no batch 'none'", 1, true), run.out)
    assert.equal(0, run.ledger.posts)
  end)
end)

describe("the audit log", function()
  it("names the application, the signed-in user, and the profile", function()
    local run = program.with_tenants("{ a = { actions = 2 } }", [[
      mde -p a cancel $(mde -p a list --ids 2>/dev/null | head -n 1) -m x --yes >/dev/null 2>&1
      head -n 1 "$XDG_STATE_HOME/mde/audit.jsonl"]])
    assert.truthy(run.out:find('"application":"%x+%-[%x%-]+","user":null,"user_name":null,'
      .. '"profile":"a"'), run.out .. run.err)
  end)

  it("is verified as a whole with -p, which counts lines about the profile", function()
    local run = program.with_tenants("{ a = { actions = 2 }, b = { actions = 2 } }", [[
      for name in a b; do
        mde -p $name cancel $(mde -p $name list --ids 2>/dev/null | head -n 1) -m x --yes
      done >/dev/null 2>&1
      mde audit verify; mde -p a audit verify; mde -p 'a,b' audit verify --json
      mde -p none audit verify]])
    local all = run.out:match "^(%d+) lines, unbroken"
    local one = run.out:match "unbroken[^;]*; (%d+) of profile a\n"
    assert.truthy(tonumber(one) > 0 and tonumber(one) < tonumber(all), run.out .. run.err)
    assert.truthy(run.out:find(('"lines":%s,"of_profiles":%s,'):format(all, all), 1, true), run.out)
    assert.equal(2, run.status)
  end)

  it("names a user by the claims of a delegated token", function()
    local run = program.sh([[cat >x.lua <<'END'
      local recorder = require "mde.program.batch.journal_writer"
      local user = { oid = "o", upn = "dana@contoso.com", scp = "user_impersonation", appid = "a" }
      local actor = recorder.actor(user, "emea")
      print(actor.application, actor.user, actor.user_name, actor.profile)
      user.scp = nil
      actor = recorder.actor(user)
      print(actor.application, actor.user, actor.user_name, actor.profile)
END
      mde run x.lua]])
    assert.equal("a\to\tdana@contoso.com\temea\na\tnil\tnil\tnil\n", run.out, run.err)
  end)

  it("has one line per item, even if a process was killed before its commit", function()
    local run = program.sh([[cat >x.lua <<'END'
      local recorder = require "mde.program.batch.journal_writer"
      local store = require "mde.program.session.store".open {}
      local draft, lock = store.journal:draft { who = "dana", application = "a", comment = "x",
                                                order = "given" }
      for i = 1, 3 do draft:add(("%08x-7557-4ab7-9782-d50480024a4e"):format(i)) end
      draft:complete()
      recorder.new(store, draft):note "begun"

      -- Ends all items with these verdicts. -> the recorder
      local function end_all(verdicts)
        local writer, items = recorder.new(store, draft), draft:items()
        for _, verdict in ipairs(verdicts) do
          local item = items()
          store.database:begin()
          writer:ended { target = item, id = item.id, verdict = verdict }
        end
        return writer
      end
      end_all { "cancelled", "accepted" }:write()
      store.database:rollback()  -- as the end of its process does
      end_all { "cancelled", "cancelled", "cancelled" }
      store:commit()
      lock:release()
END
      mde run x.lua; grep -o '"verdict":"[a-z]*"' "$XDG_STATE_HOME/mde/audit.jsonl"
      mde audit verify]])
    assert.equal('"verdict":"cancelled"\n"verdict":"accepted"\n'
      .. '"verdict":"cancelled"\n"verdict":"cancelled"\n',
      run.out:match "^(.-\n)[^\n]*lines", run.err)
  end)

  it("verifies after a power failure that took its last lines", function()
    local failed = 0
    for n = 230, 410, 20 do
      local power = trouble.environment("power:" .. n .. ":/")
        :gsub("'(power:%d+:)/'", '"%1$XDG_STATE_HOME/mde/audit.jsonl"')
      local run = program.rehearse("{ mistaken = 6, history = 0 }", [[
        mkdir -p "$XDG_STATE_HOME/mde"
        ]] .. power .. [[ mde cancel --requestor soar@contoso.com -m x --yes --max 6 --batch b \
          --parallel 1 >out 2>err; echo "was $?"
        [ -e "$XDG_STATE_HOME/mde/audit.jsonl" ] && { mde audit verify; echo "verified $?"; }
        mde resume b >out 2>&1
        mde audit verify; echo "at last $?"]])
      if run.out:find "was 137" and run.out:find "verified" then
        failed = failed + 1
        assert.truthy(run.out:find "verified 0", n .. run.out .. run.err)
        if run.out:find "at last 4" == nil then
          assert.truthy(run.out:find "at last 0", n .. run.out .. run.err)
        end
      end
    end
    assert.is_true(failed > 3, failed)
  end)
end)
