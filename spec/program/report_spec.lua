-- mde batch report in every format. spec/browser tests the page in a browser.

local cjson = require "cjson"
local report = require "spec.support.report"

local report_of = report.of

local function count(text, pattern)
  local _, times = text:gsub(pattern, "")
  return times
end

describe("mde batch report as text", function()
  local OPEN = [[batches.of({
    { verdict = "cancelled", type = "Isolate", machine = "ber-lt-1.corp.contoso.com",
      requestor = "soar@contoso.com", status = "Cancelled", sends = { 1769199041 },
      ended_at = 1769199041.5 },
    { verdict = "not_found", error = "not_found", http = 404, message = "no such action",
      sends = { 1769199042 }, ended_at = 1769199042.25 },
    { in_flight = true, sends = { 1769199043 } }, {},
  }, { events = { { at = 1769199040, kind = "begun", who = "dana@soc1" },
                  { at = 1769199050, kind = "stopped", who = "dana@soc1",
                    detail = "interrupted" } },
       command = "mde cancel --type Isolate" })]]

  it("shows the request, the verdicts, and the next steps", function()
    local text = report_of(OPEN, "text")
    for _, line in ipairs {
      "Batch misfire: stopped, 2 items open", "items        4, in the order given",
      "tenant       7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60", "by           dana@soc1",
      "took         10s", "command      mde cancel --type Isolate",
      "2026-01-23T20:10:50Z  stopped  dana@soc1  interrupted",
      "cancelled       1  25.0 %  by this cancel",
      "in flight       1  25.0 %  sent, result not known; resume continues it",
      "Isolate      1         1             0        0           0",
      "corp.contoso.com      1         1             0        0           0",
      "3 calls from 2026-01-23T20:10:41Z to 2026-01-23T20:10:43Z",
      "most in 60 s        3 (the service allows 100), from 2026-01-23T20:10:41Z on",
      "last call to verdict      2   250ms  500ms  500ms    500ms",
      "begin to first call       3    2.0s   3.0s   3.0s     3.0s",
      "      1 not_found: no such action",
      "        such as 00000002-7557-4ab7-9782-d50480024a4e",
      "  mde resume misfire                             continues the 2 open",
      "  mde batch show misfire --verdict open          shows them",
      "  mde batch show misfire --verdict not_found     shows the 1",
      "  mde batch report misfire --html > report.html  every item, to read and search",
    } do
      assert.truthy(("\n" .. text):find("\n" .. line .. "\n", 1, true),
        line .. " is not in\n" .. text)
    end
    assert.truthy(text:find "Cancelled isolations: 1%. If one was InProgress")
  end)

  it("says that nothing is open if all items ended", function()
    local text = report_of([[batches.of({ { verdict = "cancelled", type = "LiveResponse" } },
      { events = { { at = 1, kind = "begun" }, { at = 2, kind = "ended" } } })]], "text")
    assert.truthy(text:find("Batch misfire: ended, nothing open\n", 1, true))
    assert.falsy(text:find("resume", 1, true))
    assert.falsy(text:find("Isolations", 1, true))
  end)

  it("does not suggest to resume a running batch", function()
    local text = report_of("batches.of({ {}, {} })", "text")
    assert.truthy(text:find("Batch misfire: running, 2 items open\n", 1, true))
    assert.truthy(text:find("\nNo call was sent.\n", 1, true))
    assert.falsy(text:find("mde resume", 1, true))
    text = report_of("batches.of({ {} }, { holder = function() end })", "text")
    assert.truthy(text:find("Batch misfire: broken off, 1 item open\n", 1, true))
    assert.truthy(text:find("mde resume misfire", 1, true))
  end)

  it("quotes a name for the shell, and makes control characters visible", function()
    local text = report_of([[batches.of({ {} }, { name = "it's; rm \27[1m", events = {},
      comment = "a\u{202E}b" })]], "text")
    assert.truthy(text:find([[mde resume 'it'\''s; rm \x1b[1m' ]], 1, true), text)
    assert.truthy(text:find([[comment      a\u{202e}b]], 1, true), text)
  end)

  it("fits in 80 columns with a real incident, except for lines that must not be cut", function()
    for line in report_of("batches.incident(1500)", "text"):gmatch "[^\n]*" do
      local is_whole = line:find "^command" or line:find "^ +%d+ %l+[%l_]*: " or line:find "^  mde"
      assert.truthy(is_whole or utf8.len(line) <= 80, line)
    end
  end)
end)

describe("mde batch report --json", function()
  it("is one object with all items in their order", function()
    local object = cjson.decode(report_of("batches.incident(250)", "json"))
    assert.equal(250, #object.items)
    for i, item in ipairs(object.items) do assert.equal(i, item.position) end
    assert.same({ "soar-misfire-4711", "stopped", 250 },
      { object.batch.name, object.batch.state, object.batch.count })
    assert.equal("2026-01-23T20:10:40.250Z", object.batch.begun)
    assert.equal(cjson.null, object.batch.plan)
    assert.same({ "begun", "stopped", "resumed", "stopped" }, { object.history[1].kind,
      object.history[2].kind, object.history[3].kind, object.history[4].kind })
    local statistics = object.statistics
    assert.equal(250, statistics.items)
    assert.same({ 5, 0 }, { statistics.outcomes.unknown, statistics.outcomes.never_sent })
    assert.same({ limit = 100, most = 80, since = "2026-01-23T20:10:41.118Z" },
      statistics.calls.minute)
    local last = object.items[250]
    assert.same({ "unknown", "timeout", cjson.null, 2 },
      { last.outcome, last.error, last.http, #last.sends })
  end)

  it("reads the items once, so that its statistics agree with them", function()
    assert.equal("1\n", report.run([[
      local batch = batches.incident(50)
      report.write(batch, "json")
      io.stderr:write(batch.readings, "\n")]]).err)
  end)

  it("is JSON without items, and with bytes that are not UTF-8", function()
    local object = cjson.decode(report_of("batches.of({}, { events = {} })", "json"))
    assert.same({ {}, {}, 0 }, { object.items, object.history, object.statistics.items })
    assert.equal("not_begun", object.batch.state)
    local text = report_of([[batches.of({ { machine = "\xff\u{202E}\0\27", verdict = "error",
      message = '"</script>' } })]], "json")
    assert.truthy(utf8.len(text))
    object = cjson.decode(text)
    assert.equal("\u{FFFD}\u{202E}\0\27", object.items[1].machine)
    assert.falsy(text:find("\u{202E}", 1, true))
  end)
end)

describe("mde batch report --csv", function()
  it("has a header and one record per item", function()
    local text = report_of("batches.incident(60)", "csv")
    assert.equal(61, count(text, "\r\n"))
    assert.truthy(text:find "^position,id,outcome,status,machine,")
    assert.truthy(text:find("\r\n1,09b8fd96-0da7-4275-9013-2adaee023170,cancelled,Cancelled,syd-ws-"
      .. "1003.emea.contoso.com,", 1, true))
    assert.truthy(text:find(",2026-01-23T20:10:41.118Z,1,2026-01-23T20:10:41.239Z,0.868,0.12\r\n",
      1, true), text)
  end)

  it("makes formulas harmless, and shows items without a verdict", function()
    local text = report_of([[batches.of { { machine = "=cmd|x", in_flight = true }, {} }]], "csv")
    assert.truthy(text:find(",in_flight,,'=cmd|x,", 1, true), text)
    assert.truthy(text:find(",never_sent,,,", 1, true), text)
  end)
end)

describe("mde batch report --html", function()
  it("is a complete page for every batch", function()
    for _, batch in ipairs { "batches.of({})", "batches.of({ {} })", "batches.incident(1)",
                             "batches.incident(20, 3)", "batches.of({}, { events = {} })" } do
      local html = report_of(batch, "html")
      assert.truthy(html:find "^<!DOCTYPE html>\n<html lang=\"en\">")
      assert.truthy(html:find "</html>\n$")
      for _, name in ipairs { "table", "tbody", "tr", "section", "svg", "div", "dl", "main" } do
        assert.equal(count(html, "<" .. name .. "[ >]"), count(html, "</" .. name .. ">"), name)
      end
    end
  end)

  it("has a content security policy that allows its own style and script only", function()
    local html = report_of("batches.incident(9)", "html")
    local function hash(text)
      local path = os.tmpname()
      local file = assert(io.open(path, "wb"))
      file:write(text)
      file:close()
      local pipe = assert(io.popen(("openssl dgst -sha256 -binary %s | base64"):format(path)))
      local digest = pipe:read()
      pipe:close()
      os.remove(path)
      return "'sha256-" .. digest .. "'"
    end
    local policy = ([[content="default-src 'none'; style-src %s; script-src %s; ]]
      .. [[base-uri 'none'; form-action 'none'"]]):format(
        hash(html:match "<style>(.-)</style>"), hash(html:match "<script>(.-)</script>"))
    assert.truthy(html:find(policy, 1, true), policy)
  end)

  it("shows the limits, the events, and times with their zone", function()
    local html = report_of("batches.incident(200)", "html")
    for _, text in ipairs { "If one was InProgress", ">resumed</text>", "20:10:40 UTC",
                            "80 calls in any 60 s (the service allows 100)" } do
      assert.truthy(html:find(text, 1, true), text)
    end
  end)

  it("shows at most 100,000 items, and says so", function()
    local html = report_of("batches.of((function() local t = {} for i = 1, 100001 do t[i] = {} end"
      .. " return t end)())", "html")
    assert.equal(100000, count(html, '<tr><td class="number">'))
    assert.truthy(html:find("The first 100,000 of 100,001 items", 1, true))
  end)
end)

describe("mde batch report, in every format,", function()
  it("keeps no item in memory", function()
    for _, format in ipairs { "text", "json", "csv", "html" } do
      local peak = tonumber(report.run(([[
        local batch, peak, left = batches.of({}), 0, 20000
        function batch:rows()
          local i, seen = 0, setmetatable({}, { __mode = "k" })
          return function()
            i = i + 1
            local item = { position = i, id = "i" .. i, sends = { i }, verdict = "cancelled" }
            seen[item] = true
            if i %% 5000 == 0 then
              collectgarbage()
              local count = 0
              for _ in pairs(seen) do count = count + 1 end
              peak = math.max(peak, count)
            end
            return i <= left and item or nil
          end
        end
        report.write(batch, %q)
        io.stderr:write(peak)]]):format(format)).err)
      assert.truthy(peak and peak < 5, format)
    end
  end)

  it("fails if it can't be written, and ends silently if its reader has gone", function()
    for _, format in ipairs { "text", "json", "csv", "html" } do
      local chunk = ([[
        io.stdout:setvbuf "no"
        local _, raised = pcall(report.write, batches.incident(200), %q)
        io.stderr:write(require "mde.program.exit".status(raised), tostring(raised))]])
        :format(format)
      local full = report.run(chunk, "exec $mde run /dev/stdin >/dev/full").err
      assert.truthy(full:find "^4cannot write the output: No space left on device", full)
      assert.equal("0", report.run(chunk,
        [[mkfifo gone; : <gone & exec 3>gone; wait; rm gone
          trap "" PIPE; exec $mde run /dev/stdin >&3]]).err)
    end
  end)
end)
