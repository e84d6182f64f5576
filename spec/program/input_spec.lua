-- Wrong input, and the command line or the message that it gets.

require "spec.support.policy"
local cjson = require "cjson"
local program = require "mde.program"
local systems = require "spec.support.system"

-- The input; what the message has: the right command line, or the reason.
local INPUTS = {
  { "ls", "mde list" },
  { "ls --type Isolate", "mde list --type Isolate" },
  { "lsit", "mde list" },
  { "list -o json", "mde list --json" },
  { "list --output json", "mde list --json" },
  { "list --output=csv", "mde list --csv" },
  { "list --format=json", "mde list --json" },
  { "list --format ids", "mde list --ids" },
  { "list -o table", "mde list" },
  { "list --user soar@contoso.com", "mde list --requestor soar@contoso.com" },
  { "list --requester soar@contoso.com", "mde list --requestor soar@contoso.com" },
  { "list --requestr x", "mde list --requestor x" },
  { "list --since 4h", "mde list --newer-than 4h" },
  { "list --since 2026-11-25", "mde list --after 2026-11-25" },
  { "list --since today", "mde list --after today" },
  { "list --until 2026-11-25T10:00Z", "mde list --before 2026-11-25T10:00Z" },
  { "list -q", "mde list --ids" },
  { "list --quiet", "mde list --ids" },
  { "list --dry-run", "mde list" },
  { "list -n", "mde list" },
  { "list --no-color", "mde list" },
  { "list --tenant contoso", "mde list --profile contoso" },
  { "list --reason misfire", "mde list --requestor-comment misfire" },
  { "list --comment misfire", "mde list --requestor-comment misfire" },
  { "list --device srv-1", "mde list --machine srv-1" },
  { "list --host srv-1", "mde list --machine srv-1" },
  { "list --state Pending", "mde list --status Pending" },
  { "list --top 5", "mde list --limit 5" },
  { "list -l 5", "mde list --limit 5" },
  { "list --debug", "mde list --verbose" },
  { "list -v", "mde list --verbose" },
  { "list -a", "mde list --all" },
  { "list -j", "mde list --json" },
  { "list -type Isolate", "mde list --type Isolate" },
  { "list -json", "mde list --json" },
  { "list --kind Isolate", "mde list --type Isolate" },
  { "list --typ Isolate", "mde list --type Isolate" },
  { "list --TYPE Isolate", "mde list --type Isolate" },
  { "list --type isolat", "mde list --type Isolate" },
  { "list --type isolation", "mde list --type Isolate" },
  { "list --type release", "mde list --type Unisolate" },
  { "list --type Isolate,Offbord", "mde list --type Isolate,Offboard" },
  { "list --type scan", "mde list --type RunAntiVirusScan" },
  { "list --status open", "mde list --status Pending,InProgress" },
  { "list --status running", "mde list --status InProgress" },
  { "list --status done", "mde list --status Succeeded" },
  { "list --status Canceled", "mde list --status Cancelled" },
  { "list --status pendng", "mde list --status Pending" },
  { "list --order desc", "mde list --order newest" },
  { "list --order old", "mde list --order oldest" },
  { "list --sort", "--sort requires NAMES" },
  { "list --after 4h", "mde list --newer-than 4h" },
  { "list --after 2026-13-45",
    "--after: '2026-13-45' is not a date, such as 2026-01-23T20:10:40Z," },
  { "list --after tomorrow", "--after: 'tomorrow' is not a date, such as 2026-01-23T20:10:40Z," },
  { "list --older-than 2026-11-25", "mde list --before 2026-11-25" },
  { "list --older-than 4hours", "mde list --older-than 4h" },
  { "list --newer-than today", "mde list --after today" },
  { "list --limit ten", "--limit: 'ten' is not a whole number above 0" },
  { "list --limit 0", "--limit: '0' is not a whole number above 0" },
  { "list pending", "mde list --status Pending" },
  { "list isolate", "mde list --type Isolate" },
  { "list srv-1.contoso.com", "mde list --machine srv-1.contoso.com" },
  { "list 5382f7ea-7557-4ab7-9782-d50480024a4e", "mde show 5382f7ea-7557-4ab7-9782-d50480024a4e" },
  { "list machines", "mde machines" },
  { "list devices", "mde machines" },
  { "list batches", "mde batch list" },
  { "list profiles", "mde profiles" },
  { "list --jsno", "mde list --json" },
  { "list --csvv", "mde list --csv" },
  { "list --json --csv", "option '--csv' can not be used together with option '--json'" },
  { "list --foo", "unknown option '--foo'" },
  { "list --explain", "mde list --show-filters" },
  { "machines --tag VIP --explain", "mde machines --tag VIP --show-filters" },
  { "list --machine", "--machine requires MACHINE" },
  { "list --type", "--type requires TYPE: Isolate, Unisolate, RestrictCodeExecution," },
  { "--type Isolate list", "mde list --type Isolate" },
  { "LIST", "mde list" },
  { "get 5382f7ea-7557-4ab7-9782-d50480024a4e", "mde show 5382f7ea-7557-4ab7-9782-d50480024a4e" },
  { "get", "mde show ID|MACHINE" },
  { "get actions", "mde list" },
  { "get machines -o json", "mde machines --json" },
  { "get devices", "mde machines" },
  { "describe srv-1", "mde show srv-1" },
  { "inspect srv-1", "mde show srv-1" },
  { "shw srv-1", "mde show srv-1" },
  { "show", "missing ID|MACHINE" },
  { "show a b", "'b' is one argument too many." },
  { "show --wiat 5382f7ea-7557-4ab7-9782-d50480024a4e",
    "mde show --wait 5382f7ea-7557-4ab7-9782-d50480024a4e" },
  { "devices", "mde machines" },
  { "devices --tag VIP", "mde machines --tag VIP" },
  { "machines --all", "mde machines" },
  { "machines -o json", "mde machines --json" },
  { "machines --helth Active", "mde machines --health Active" },
  { "machines --health actve", "mde machines --health Active" },
  { "machines --risk hihg", "mde machines --risk High" },
  { "machines --seen 1d", "mde machines --seen-within 1d" },
  { "isolated", "mde machines --isolated" },
  { "cancle --type Isolate", "mde cancel --type Isolate" },
  { "cancel srv-1.contoso.com -m x", "mde cancel --machine srv-1.contoso.com -m x" },
  { "cancel 42 -m x", "'42' is not the id of a machine action, such as" },
  { "cancel --all -m x", "mde cancel --status Pending,InProgress -m x" },
  { "cancel --user soar -m x", "mde cancel --requestor soar -m x" },
  { "cancel --type Isolate --reason x", "mde cancel --type Isolate --comment x" },
  { "cancel --type Isolate --message x -f", "mde cancel --type Isolate --comment x --yes" },
  { "cancel --type Isolate -m x --force", "mde cancel --type Isolate -m x --yes" },
  { "cancel --type Isolate -m x --dryrun", "mde cancel --type Isolate -m x --dry-run" },
  { "cancel --type Isolate -m x --what-if", "mde cancel --type Isolate -m x --dry-run" },
  { "cancel --type Isolate -m x --batch-name b", "mde cancel --type Isolate -m x --batch b" },
  { "cancel --type Isolate -m x --yse --max 3", "mde cancel --type Isolate -m x --yes --max 3" },
  { "cancel --older-then 4h -m x", "mde cancel --older-than 4h -m x" },
  { "cancel --type Isolate -m x --no-confirm --max 5",
    "mde cancel --type Isolate -m x --yes --max 5" },
  { "cancel --type Isolate -m x --yes",
    "--yes with filters or standard input requires --max N, the most items" },
  { "cancel --type Isolate", "mde cancel --type Isolate -m REASON" },
  { "cancel", "which actions? Give ids, - for standard input, or filters" },
  { "abort --type Isolate -m x", "mde cancel --type Isolate -m x" },
  { "kill --type Isolate -m x", "mde cancel --type Isolate -m x" },
  { "cancel batch b", "mde batch stop b" },
  { "release srv-1 -m x", "mde unisolate srv-1 -m x" },
  { "release srv-1 --reason x", "mde unisolate srv-1 --comment x" },
  { "unisolate", "which machines? Give ids or names, - for standard input, or filters" },
  { "un-isolate srv-1 -m x", "mde unisolate srv-1 -m x" },
  { "isolat srv-1 -m x", "mde isolate srv-1 -m x" },
  { "contain srv-1 -m x", "mde isolate srv-1 -m x" },
  { "isolate srv-1 --comment", "--comment requires TEXT" },
  { "launch", "missing TYPE" },
  { "launch isolat srv-1 -m x", "mde launch isolate srv-1 -m x" },
  { "launch release srv-1 -m x", "mde launch unisolate srv-1 -m x" },
  { "launch scan srv-1 -m x --scope ful", "mde launch scan srv-1 -m x --scope Full" },
  { "launch investigate srv-1 -m x",
    "'investigate': the service no longer starts automated investigations" },
  { "scan srv-1 -m x", "mde launch scan srv-1 -m x" },
  { "collect srv-1 -m x", "mde launch collect srv-1 -m x" },
  { "offboard srv-1 -m x", "mde launch offboard srv-1 -m x" },
  { "whoami", "mde status" },
  { "whoami --json", "[\"mde\",\"status\",\"--json\"]" },
  { "status --all", "mde status --all-profiles" },
  { "status -o json", "mde status --json" },
  { "stauts", "mde status" },
  { "quota", "mde status" },
  { "batches", "mde batch list" },
  { "batch", "missing list|show|report|stop|close" },
  { "batch lst", "mde batch list" },
  { "batch 2026-11-25.1", "mde batch show 2026-11-25.1" },
  { "batch show", "which batch? `mde batch list` shows them" },
  { "batch stop", "which batch? `mde batch list` shows them; --all stops each" },
  { "cancel --status Pending,Failed -m x", "--status: an action that is Failed has ended" },
  { "batch show x --verdict notfound", "mde batch show x --verdict not_found" },
  { "batch close x --reason done", "mde batch close x --comment done" },
  { "batch stop --all --reason 'wrong list'", "mde batch stop --all --comment 'wrong list'" },
  { "batch foo", "one of list, show, report, stop, close\nDid you mean" },
  { "jobs", "mde batch list" },
  { "history", "mde batch list" },
  { "resme", "mde resume" },
  { "continue", "mde resume" },
  { "retry", "mde resume" },
  { "rollback --batch b -m x", "mde undo --batch b -m x" },
  { "undo --since 2026-11-25 --user soar -m x",
    "mde undo --after 2026-11-25 --requestor soar -m x" },
  { "undo --after 4h --requestor soar -m x",
    "--after: '4h' is not a date, such as 2026-01-23T20:10:40Z," },
  { "apply --yes plan.jsonl", "--yes requires --approve HASH" },
  { "aply plan.jsonl", "mde apply plan.jsonl" },
  { "apply", "missing PLAN" },
  { "plan --dry-run stale.lua", "mde plan stale.lua" },
  { "diff stale.lua", "mde plan stale.lua" },
  { "validate stale.lua", "mde test stale.lua" },
  { "audit verfy", "mde audit verify" },
  { "verify", "mde audit verify" },
  { "login --tennant contoso.com", "mde login --tenant contoso.com" },
  { "signin", "mde login" },
  { "auth login", "mde login" },
  { "logut", "mde logout" },
  { "config", "mde profiles" },
  { "tenants", "mde profiles" },
  { "shell", "mde repl" },
  { "console", "mde repl" },
  { "demo", "mde sim" },
  { "sim --scenario misfier", "mde sim --scenario misfire" },
  { "sim --scenario took mde list", "mde sim --scenario took-effect mde list" },
  { "completion bsh", "mde completion bash" },
  { "help cancle", "mde help cancel" },
  { "help batch list", "mde help batch" },
  { "hlep", "mde help" },
  { "version", "mde --version" },
  { "-V", "mde --version" },
  { "api get", "mde api GET PATH" },
  { "-p contos list", "mde -p contoso list" },
  { "--profil contoso list", "mde --profile contoso list" },
  { "--tenant contoso list", "mde --profile contoso list" },
  { "--timeout soon list", "--timeout: 'soon' is not a number of seconds above 0" },
  { "--store mysql://x list", "--store: 'mysql://…' is neither a postgresql:// URL nor memory" },
  { "--cloud gov list", "--cloud: 'gov' is not a cloud: aea, au, commercial, dod, eu, gcc," },
}

local folder

local function words_of(line)
  local words = {}
  for quoted in line:gmatch "%S+" do words[#words + 1] = quoted end
  for i = #words, 2, -1 do  -- 'a b'
    if words[i]:find "'$" and not words[i]:find "^'" then
      words[i - 1] = words[i - 1] .. " " .. table.remove(words, i)
    end
  end
  for i, word in ipairs(words) do words[i] = word:gsub("'", "") end
  return words
end

-- -> exit status, standard output, standard error
local function run(words)
  local own = systems.new { MDE_STORE = "memory", HOME = "/", XDG_CONFIG_HOME = folder }
  return program(words, own), own.stdout.text, own.stderr.text
end

describe("a wrong command line", function()
  setup(function()
    local pipe = assert(io.popen [[
      folder=$(mktemp -d) && mkdir "$folder/mde" && echo "$folder"
      echo 'return { profiles = { contoso = { tenant = "contoso.com" },
        fabrikam = { tenant = "fabrikam.com" } } }' >"$folder/mde/config.lua"
      chmod 600 "$folder/mde/config.lua"]])
    folder = pipe:read "l"
    pipe:close()
  end)

  teardown(function() os.execute(("rm -rf '%s'"):format(folder)) end)

  it("is corrected in a message that is enough to act on", function()
    for _, row in ipairs(INPUTS) do
      local status, out, text = run(words_of(row[1]))
      assert.same({ 2, "" }, { status, out }, row[1])
      assert.truthy(text:find(row[2], 1, true), ("%s: %q lacks %q"):format(row[1], text, row[2]))
      if row[2]:find "^mde " then
        assert.truthy(text:find("\n   " .. row[2] .. "\n", 1, true), text)
      end
    end
    assert.truthy(#INPUTS >= 150)
  end)

  it("is told of mde unblock only in place of mde cancel", function()
    local hint = "To cancel what blocks a machine: mde unblock srv-1"
    assert.truthy(select(3, run { "cancel", "srv-1", "-m", "x" }):find(hint, 1, true))
    assert.falsy(select(3, run { "download", "srv-1" }):find("unblock", 1, true))
  end)

  it("is corrected in argv with --json", function()
    local _, _, text = run { "ls", "--user", "a b", "--json" }
    local object = cjson.decode(text)
    assert.same({ "usage", { "mde", "list", "--requestor", "a b", "--json" } },
      { object.code, object.argv })
  end)
end)
