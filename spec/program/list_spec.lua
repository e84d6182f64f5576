-- mde list and mde show, against the simulator.

local cjson = require "cjson"
local program = require "spec.support.program"

local function sim(script, input)
  return program.sh("exec $mde sim --quota off sh -c " .. program.quote(script), input)
end

local function lines(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

local function assert_plain(run)
  assert.same({ "", 0 }, { run.err, run.status })
  assert.falsy(run.out:find "\27")
end

describe("mde list", function()
  it("leaves out what --except-… says", function()
    local run = sim [[
      set -e; all=$(mde list --ids | wc -l)
      soar=$(mde list --requestor soar@contoso.com --ids | wc -l)
      [ $((all - soar)) = $(mde list --except-requestor SOAR@contoso.com --ids | wc -l) ]
      jewels=$(mde list --except-tag crown-jewel --json | grep -c .); [ $jewels -lt $all ]
      name=$(mde list --json | head -n 1 | grep -o '"computerDnsName":"[^"]*' | cut -d '"' -f 4)
      echo "$name # why" >file; mde list --except-file file --csv | grep -c "$name" || :
      mde list --except-group Servers --limit 2 --ids | wc -l]]
    assert.same({ "0\n2\n", 0 }, { run.out, run.status }, run.err)
  end)

  it("lists what can still be cancelled, in aligned columns, ids last", function()
    local run = sim "mde list"
    assert_plain(run)
    local rows = lines(run.out)
    assert.truthy(rows[1]:find "^AGE +TYPE +STATUS +MACHINE +BY +ID$")
    local column = rows[1]:find "ID$"
    assert.truthy(#rows > 313)
    for i = 2, #rows do
      assert.truthy(rows[i]:sub(column):find "^%x+%-%x+%-%x+%-%x+%-%x+$", rows[i])
      assert.truthy(rows[i]:find " Pending " or rows[i]:find " InProgress ", rows[i])
    end
  end)

  it("takes filters together, and --all for what has ended", function()
    local run = sim [[
      mde list --requestor soar@contoso.com --type isolate --status pending --older-than 5m --ids]]
    assert_plain(run)
    assert.equal(312, #lines(run.out))
    assert.equal("", sim "mde list --requestor soar@contoso.com --newer-than 5m --ids".out)
    local all, open = sim "mde list --all --ids", sim "mde list --ids"
    assert.truthy(#lines(all.out) >= #lines(open.out) + 400)
    for _, line in ipairs(lines(sim "mde list --status Succeeded --status Failed --json".out)) do
      local status = cjson.decode(line).status
      assert.truthy(status == "Succeeded" or status == "Failed", status)
    end
  end)

  it("says when nothing matches, and ends with 0", function()
    local run = sim "mde list --requestor nobody@contoso.com"
    assert.same({ 0, "" }, { run.status, run.out })
    assert.matches("^Without %-%-requestor nobody@contoso.com, 361 actions"
      .. " match: of soar@contoso.com %(312%), .*\nNo action matches%.\n$", run.err)
    assert.same({ status = 0, out = "", err = "" },
      sim "mde list --requestor nobody@contoso.com --json")
  end)

  it("says when a limit cuts the list, and only then", function()
    local run = sim "mde list --requestor soar@contoso.com --limit 311 --ids"
    assert.equal(311, #lines(run.out))
    assert.equal("There are more; --limit is 311.\n", run.err)
    run = sim "mde list --requestor soar@contoso.com --limit 312 --ids"
    assert.equal(312, #lines(run.out))
    assert.equal("", run.err)
  end)

  it("gives one JSON object a line, as the service has it", function()
    local run = sim [[
      mde list --requestor soar@contoso.com --limit 2 --json; mde list --limit 3 --json]]
    local objects = lines(run.out)
    assert.equal(5, #objects)
    for _, line in ipairs(objects) do
      assert.truthy(line:find '^{"id":"')
      local action = cjson.decode(line)
      assert.truthy(action.creationDateTimeUtc)
      assert.truthy(line:find('"errorHResult":0[,}]'))
      if action.type == "Isolate" then assert.truthy(line:find('"commands":[]', 1, true), line) end
    end
  end)

  it("tells a filter that the service does not understand from a failure", function()
    local run = sim "mde list --filter 'nonsense eq 1'"
    assert.same({ "", 2 }, { run.out, run.status })
    assert.truthy(run.err:find("nonsense", 1, true))
  end)

  it("makes formulas harmless in CSV, but leaves numbers alone", function()
    local run = program.rehearse("{ history = 400 }", "mde list --all --status Failed --csv")
    assert.truthy(run.out:find(",-2147024891,", 1, true))
  end)

  it("gives CSV by RFC 4180, with a header", function()
    local run = sim "mde list --requestor soar@contoso.com --csv"
    assert_plain(run)
    local count, width = 0, nil
    for record in run.out:gmatch "(.-)\r\n" do
      count = count + 1
      local plain = record:gsub('"[^"]*"', "q")
      local _, commas = plain:gsub(",", "")
      width = width or commas
      assert.equal(width, commas, record)
    end
    assert.equal(313, count)
    assert.truthy(run.out:find "^id,type,")
  end)

  it("fits the terminal, with short ids where whole ones do not fit, and a foot", function()
    for _, columns in ipairs { 160, 100, 80, 60 } do
      local run = program.at_terminal(columns, {}, "env", "NO_COLOR=1", program.path, "sim",
        "--quota", "off", "mde", "list", "--newer-than", "25m")
      assert.equal(0, run.status)
      local id = columns == 160 and " %x+%-%x+%-%x+%-%x+%-%x+$" or " %x%x%x%x%x%x%x%x$"
      local rows = lines(run.out:gsub("\r", ""))
      local count = tonumber(rows[#rows]:match "^(%d+) open actions$")
      assert.truthy(count > 50, run.out)
      local of_soar = "^" .. count - 8 .. "  Isolate +Pending +soar@con[^ ]+ +24m"
      assert.truthy(rows[#rows - 6]:find(of_soar), run.out)
      for i, row in ipairs(rows) do
        assert.truthy(utf8.len(row) <= columns, row)
        if i > 1 and i <= count + 1 then
          assert.truthy(row:find(id), row)
          assert.truthy(row:find " Pending " or row:find " InProgress ", row)
        end
      end
      assert.falsy(run.out:find "\27")
    end
  end)

  it("shows everything with --wide", function()
    local run = program.at_terminal(60, {}, program.path, "sim", "--quota", "off", "mde", "list",
      "--limit", "3", "--wide")
    assert.truthy(run.out:find "%x+%-%x+%-%x+%-%x+%-%x%x%x%x%x%x%x%x%x%x%x%x\r?\n")
    assert.falsy(run.out:find "…")
  end)

  it("shows groups alone, also as JSON", function()
    local run = sim [[
      mde list --by type,requestor --type Isolate --requestor soar@contoso.com
      mde list --by type,requestor --type Isolate --requestor soar@contoso.com --json
      mde list --by group --requestor soar@contoso.com]]
    assert_plain(run)
    local rows = lines(run.out)
    assert.truthy(rows[1]:find "^COUNT  TYPE +REQUESTOR +AGES$")
    assert.truthy(rows[2]:find "^  312  Isolate  soar@contoso.com  24m–%d+m$", rows[2])
    local object = cjson.decode(rows[3])
    assert.same({ 312, "Isolate" }, { object.count, object.type })
    assert.truthy(object.oldest < object.newest)
    assert.truthy(rows[4]:find "^COUNT  GROUP")
    assert.truthy(run.out:find "\n +%d+  Executives ", run.out)
    assert.equal(2, sim "mde list --by type,nonsense".status)
    assert.equal(2, sim "mde list --by type --ids".status)
  end)

  it("sorts by fields, and shows chosen ones", function()
    local run = sim [[mde list --requestor soar@contoso.com --sort=-computerDnsName --limit 3 \
      --columns computerdnsname,creationDateTimeUtc,errorHResult --csv 2>/dev/null
      mde list --requestor soar@contoso.com --sort computerDnsName,-id --limit 2 \
        --columns computerDnsName --json 2>/dev/null]]
    assert_plain(run)
    local rows = lines(run.out:gsub("\r", ""))
    assert.equal("computerDnsName,creationDateTimeUtc,errorHResult", rows[1])
    assert.truthy(rows[2]:find "^syd.*,2%d%d%d%-[^,]+Z,0$", rows[2])
    assert.truthy(rows[2] >= rows[3] and rows[3] >= rows[4])
    assert.truthy(rows[5]:find '^{"computerDnsName":"[^"]+"}$', rows[5])
    assert.truthy(rows[5] <= rows[6])
    local refused = sim "mde list --columns id,nonsense"
    assert.equal(2, refused.status)
    assert.truthy(refused.err:find("--columns: 'nonsense' is none of id, type, ", 1, true))
  end)

  it("colours the status on a terminal", function()
    local run = program.at_terminal(100, {}, "env", "-u", "NO_COLOR", program.path, "sim", "mde",
      "list", "--limit", "3")
    assert.truthy(run.out:find "\27%[3%dm%u%l+%u?%l*\27%[0m ", run.out)
  end)

  it("colours as --color and NO_COLOR say", function()
    local function is_coloured(environment, words)
      local run = sim(environment .. " mde " .. words .. " list --limit 1")
      local refused = sim(environment .. " mde " .. words .. " show srv-nothing")
      local is = run.out:find "\27%[" ~= nil
      assert.equal(is, refused.err:find "^\27%[31mmde:\27%[0m the service" ~= nil, refused.err)
      return is
    end
    assert.is_false(is_coloured("", ""))
    assert.is_true(is_coloured("NO_COLOR=1", "--color always"))
    assert.is_false(is_coloured("", "--color never"))
    local run = program.at_terminal(100, {}, "env", "-u", "NO_COLOR", program.path, "sim", "mde",
      "--color", "never", "list", "--limit", "3")
    assert.falsy(run.out:find "\27")
  end)

  it("ends quietly if its output is closed", function()
    local run = sim [[
      { trap "" PIPE; while printf x; do :; done 2>/dev/null
        mde list --json; echo "$?" >&2; } | :]]
    assert.equal("0\n", run.err)
  end)

  it("ends with 4 and nothing that looks whole when a page fails", function()
    local run = program.rehearse(
      [[{ oddities = { internal_error = { operation = "list" } }, mistaken = 1, history = 0 }]],
      "mde --timeout 5 list")
    assert.same({ "", 4 }, { run.out, run.status })
    assert.truthy(run.err:find("HTTP 500", 1, true), run.err)
  end)

  it("ends with 4 when a correct list is refused, with 2 for the user's own filter", function()
    local function refused(command)
      return program.rehearse([[{ mistaken = 1, history = 0, arrange = function(service)
        local answer = service.answer
        function service.answer(self, request)
          if request.path:find "filter" then request.path = "/api/machineactions?$stop=1" end
          return answer(self, request)
        end
      end }]], command)
    end
    local run = refused "mde list --type Isolate"
    assert.same({ "", 4 }, { run.out, run.status })
    assert.truthy(run.err:find("$stop", 1, true), run.err)
    assert.equal(2, refused "mde list --filter 'x eq 1'".status)
  end)

  it("says that the service asks to wait, and gives up at the deadline", function()
    local run = program.rehearse([[{ mistaken = 1, history = 0,
      oddities = { throttled = { operation = "list" }, throttled_for = 300 } }]],
      "mde list --deadline 1s")
    assert.same({ "", 4 }, { run.out, run.status })
    assert.truthy(run.err:find("the service asks to wait (HTTP 429 to 'list'): continuing in 5m\n",
      1, true), run.err)
    assert.truthy(run.err:find("mde: gave up at the deadline: the service asks to wait", 1, true),
      run.err)
  end)

  it("shows each request with --verbose, and no secret", function()
    local run = sim "mde --verbose list --limit 1 --ids"
    assert.truthy(run.err:find "POST 127%.0%.0%.1.* 200 .* ms", run.err)
    assert.truthy(run.err:find "GET 127%.0%.0%.1:%d+/api/machineactions[^\n]* 200 .* %d+ ms")
    local missing = sim "mde --verbose show 5382f7ea-7557-4ab7-9782-d50480024a4e"
    local id = missing.err:match "request ([%x-]+)%)"
    assert.truthy(id and missing.err:find(" 404 " .. id .. " ", 1, true), missing.err)
    assert.falsy(run.err:find("simulated~client", 1, true))
    assert.falsy(run.err:find("Bearer", 1, true))
  end)
end)

describe("mde show", function()
  it("shows every field, with ages in words", function()
    local run = sim [[
      TZ=UTC mde show "$(mde list --requestor soar@contoso.com --limit 1 --ids 2>/dev/null)"]]
    assert_plain(run)
    assert.truthy(run.out:find "^id: %x+%-")
    assert.truthy(run.out:find("\ntype: Isolate\n", 1, true))
    assert.truthy(run.out:find("\nrequestorComment: Auto-isolate: rule 4711\n", 1, true))
    assert.truthy(run.out:find "\ncreationDateTimeUtc: 20%S+ %S+ UTC %(%d+m ago%)\n")
  end)

  it("shows what is nested, and JSON", function()
    local run = sim [[
      id=$(mde list --all --type LiveResponse --limit 1 --ids 2>/dev/null)
      mde show "$id" && mde show "$id" --json]]
    assert_plain(run)
    assert.truthy(run.out:find "\ncommands:\n  1:\n    command:\n", run.out)
    local action = cjson.decode(run.out:match "\n({.*})\n$")
    assert.truthy(#action.commands > 0)
  end)

  it("ends with 1 for an action that is not there", function()
    local run = sim "mde show 5382f7ea-7557-4ab7-9782-d50480024a4e"
    assert.same({ "", 1 }, { run.out, run.status })
    assert.truthy(run.err:find("404", 1, true))
  end)

  it("ends with 5 when the secret is wrong", function()
    local run = sim "AZURE_CLIENT_SECRET=wrong mde show 5382f7ea-7557-4ab7-9782-d50480024a4e"
    assert.same({ "", 5 }, { run.out, run.status })
    assert.truthy(run.err:find("sign in", 1, true), run.err)
    assert.falsy(run.err:find("wrong~", 1, true))
  end)
end)
