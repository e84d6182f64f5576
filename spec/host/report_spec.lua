-- mde batch report: the numbers, and the formats other than the page, which
-- spec/browser looks at too.

local cjson = require "cjson"
local program = require "spec.support.program"

local HEAD = ([[
  local batches = dofile %q
  local report = require "mde.cli.batch_report"
  local function module(name) return require("mde.cli.batch_report." .. name) end
]]):format(program.support .. "/batch.lua")

local function run(chunk, shell)
  return program.sh(shell or "exec $mde run /dev/stdin", HEAD .. chunk)
end

-- What a chunk prints, run in the program.
local function printed(chunk)
  local result = run(chunk)
  assert.same({ "", 0 }, { result.err, result.status })
  return result.out
end

-- What a chunk returns.
local function value(chunk)
  return cjson.decode(printed(("io.write(require 'cjson'.encode((function() %s end)()))")
    :format(chunk)))
end

-- The report of a batch that `batch` (an expression) gives.
local function report(batch, format)
  return printed(("report.write(%s, %q, { now = 1769210000 })"):format(batch, format))
end

local function count(text, pattern)
  local _, times = text:gsub(pattern, "")
  return times
end

describe("the windows of a report", function()
  local function calls(moments)
    return value(([[
      local calls = module "calls".new()
      for _, moment in ipairs { %s } do calls:add(moment) end
      return calls:summary()]]):format(moments))
  end

  it("hold the most calls in any 60 s and any 3600 s, whichever they are", function()
    local summary = calls "1000, 1030, 1059.999, 1060, 1061, 4599, 4700"
    assert.same({ most = 4, since = 1030 }, summary.minute)
    assert.same({ most = 6, since = 1000 }, summary.hour)
    assert.same({ 7, 1000, 4700 }, { summary.count, summary.first, summary.last })
  end)

  it("do not hold calls that are just so far apart", function()
    assert.equal(1, calls "1000, 1060".minute.most)
    assert.equal(1, calls "1000, 4600".hour.most)
    assert.equal(2, calls "1000, 4599.9".hour.most)
  end)

  it("are the same in whatever order the calls come", function()
    assert.same(calls "5, 10, 20, 64, 66", calls "66, 10, 5, 64, 20")
  end)

  it("are of no call without one", function()
    assert.same({ count = 0, bins = {} }, calls "")
  end)

  it("make a timeline of at most 600 bins, which has every call", function()
    for _, span in ipairs { 1, 59, 500, 601, 1900, 7500, 90000, 1e6, 4e7 } do
      local summary = value(([[
        local calls = module "calls".new()
        for i = 0, 999 do calls:add(1769199040.5 + i * %f / 999) end
        return calls:summary()]]):format(span))
      local sum, most = 0, 0
      for i, bin in ipairs(summary.bins) do
        sum = sum + bin.calls
        most = math.max(most, bin.minute)
        assert.equal(summary.bins[1].at + (i - 1) * summary.width, bin.at)
        assert.truthy(bin.hour >= bin.minute)
      end
      assert.equal(1000, sum)
      assert.equal(summary.minute.most, most)
      assert.truthy(#summary.bins <= 600, span)
      assert.truthy(span < 3600 or #summary.bins > 50, span)
    end
  end)

  it("stay as full between calls as they are", function()
    local summary = calls "0, 1, 2, 3000, 3601.5"
    assert.equal(60, summary.width)
    local function bin(at)
      local found = summary.bins[at / 60 + 1]
      return { found.calls, found.minute, found.hour }
    end
    assert.same({ 0, 0, 3 }, bin(120))
    assert.same({ 1, 1, 4 }, bin(3000))
    assert.same({ 0, 0, 4 }, bin(3540))
    assert.same({ 1, 1, 3 }, bin(3600))  -- that of 0 has left
  end)
end)

describe("the times of a report", function()
  it("are exact to 1 %, and the longest exactly", function()
    local summary = value [[
      local times = module "histogram".new()
      for i = 1, 10000 do times:add(i * i / 1000) end
      return times:summary()]]
    for name, exact in pairs { median = 25000, p90 = 81000, p99 = 98010 } do
      assert.truthy(math.abs(summary[name] / exact - 1) <= 0.0101, name)
    end
    assert.same({ 10000, 100000 }, { summary.count, summary.longest })
  end)

  it("are those that were, when they are few", function()
    assert.same({ count = 1, median = 7.25, p90 = 7.25, p99 = 7.25, longest = 7.25 }, value [[
      local times = module "histogram".new()
      times:add(7.25)
      return times:summary()]])
    assert.same({ count = 0 }, value "return module 'histogram'.new():summary()")
    assert.equal(0, value [[
      local times = module "histogram".new()
      times:add(-3)  -- a clock that was set back
      return times:summary()]].median)
  end)
end)

describe("the course of a batch", function()
  local function course(events, is_held)
    return value(([[
      local events = {}
      for i, event in ipairs { %s } do events[i] = { kind = event[1], at = event[2] } end
      return module "course".of({ created = 10 }, events, 100, %s)]])
      :format(events, tostring(is_held ~= false)))
  end

  it("tells how long it took, and how much of it somebody was at work", function()
    assert.same({ state = "ended", begun = 20, seconds = 50, working = 30 },
      course "{ 'begun', 20 }, { 'stopped', 30 }, { 'resumed', 50 }, { 'ended', 70 }")
    assert.same({ state = "stopped", begun = 20, seconds = 10, working = 10 },
      course "{ 'begun', 20 }, { 'stopped', 30 }")
  end)

  it("goes on while it runs", function()
    assert.same({ state = "running", begun = 20, seconds = 80, working = 80 },
      course "{ 'begun', 20 }")
  end)

  it("does not tell what nobody knows", function()
    assert.same({ state = "ended", begun = 20, seconds = 50 },
      course "{ 'begun', 20 }, { 'resumed', 50 }, { 'ended', 70 }")
    assert.same({ state = "broken off", begun = 20 }, course("{ 'begun', 20 }", false))
    assert.same({ state = "not begun", begun = 10, working = 0 }, course "")
  end)
end)

describe("the numbers of a report", function()
  local function numbers(items)
    return value(([[
      local collector = module "statistics".new(1000)
      for item in batches.of({ %s }):rows() do collector:add(item) end
      local summary = collector:summary()
      summary.by.type.rest, summary.by.domain.rest, summary.by.requestor.rest = nil
      return summary]]):format(items))
  end

  it("count outcomes, by type, domain and requestor too", function()
    local summary = numbers [[
      { verdict = "cancelled", type = "Isolate", machine = "a.Corp.contoso.com", requestor = "x" },
      { verdict = "error", type = "Isolate", machine = "b.corp.contoso.com.", requestor = "y" },
      { in_air = true, type = "Isolate", machine = "c", sends = { 1001 } },
      { machine = ".d" }, { verdict = "cancelled", machine = "e." }]]
    assert.same({ cancelled = 2, error = 1, in_air = 1, never_sent = 1 }, summary.outcomes)
    assert.same({ good = 2, moot = 0, refused = 1, undecided = 2 }, summary.kinds)
    assert.same({ 5, 3 }, { summary.items, summary.open })
    assert.same({
      { name = "Isolate", items = 3, outcomes = { cancelled = 1, error = 1, in_air = 1 } },
      { name = "-", items = 2, outcomes = { cancelled = 1, never_sent = 1 } },
    }, summary.by.type)
    assert.same({ { "-", 3 }, { "corp.contoso.com", 2 } }, {
      { summary.by.domain[1].name, summary.by.domain[1].items },
      { summary.by.domain[2].name, summary.by.domain[2].items } })
    assert.equal(3, #summary.by.requestor)
  end)

  it("take waiting from the begin, and answers from the last call", function()
    local summary = numbers [[
      { verdict = "cancelled", sends = { 1005, 1100 }, ended_at = 1102 },
      { in_air = true, sends = { 1005 } }, {}]]
    assert.same({ 2, 1, 3 }, { summary.sent, summary.sent_again, summary.calls.count })
    assert.same({ 2, 5 }, { summary.waiting.count, summary.waiting.longest })
    assert.same({ 1, 2 }, { summary.answer.count, summary.answer.longest })
  end)

  it("group reasons, whatever ids they name", function()
    local summary = numbers [[
      { id = "one", verdict = "error", error = "bad_request", http = 400,
        message = "no: 82996549-41d7-4c1f-8a53-0c9a54f7d3b1 is at it" },
      { id = "two", verdict = "error", error = "bad_request", http = 400,
        message = "no: 12996549-41d7-4c1f-8a53-0c9a54f7d3b2 is at it" },
      { id = "three", verdict = "already_final", status = "TimeOut", message = "whatever" },
      { id = "four", verdict = "unsent" }, { id = "five" },
      { id = "six", verdict = "already_cancelled", message = "fine" },
      { id = "seven", verdict = "unknown", error = "timeout" }]]
    local seen = {}
    for i, group in ipairs(summary.reasons) do
      seen[i] = ("%d %s %s: %s"):format(group.items, group.outcome, group.example, group.reason)
    end
    assert.same({ "2 error one: no: … is at it", "1 already_final three: ended as TimeOut",
                  "1 unknown seven: timeout" }, seen)
  end)

  it("tell cancelled isolations from those that are in effect", function()
    assert.same({ cancelled = 1, in_effect = 2 }, numbers [[
      { verdict = "cancelled", type = "Isolate" }, { verdict = "cancelled", type = "LiveResponse" },
      { verdict = "too_late", type = "Isolate" }, { verdict = "already_final", type = "Isolate" },
      { verdict = "already_final", type = "Isolate", status = "Succeeded" },
      { verdict = "already_final", type = "Isolate", status = "Failed" }]].isolations)
  end)

  it("sum what is beyond the largest groups, and beyond what is counted one by one", function()
    local top = value [[
      local collector, statistics = module "statistics".new(0), module "statistics"
      for i = 1, 10050 do
        collector:add { verdict = i % 2 == 0 and "error" or "cancelled", requestor = "r" .. i,
                        machine = i > 30 and "a.b" or "a.b" .. i % 3 }
      end
      local by = collector:summary().by
      return { statistics.top(by.requestor, 2), statistics.top(by.domain, 2),
               statistics.top(by.domain, 4) }]]
    assert.same({ items = 10048, outcomes = { cancelled = 5025 - 1, error = 5025 - 1 } },
      { items = top[1][3].items, outcomes = top[1][3].outcomes })
    assert.same({ nil, nil }, { top[1][3].name, top[1][3].groups })
    assert.same({ "b", 10020, 2, 20 },
      { top[2][1].name, top[2][1].items, top[2][3].groups, top[2][3].items })
    assert.equal(4, #top[3])
  end)
end)

describe("mde batch report as text", function()
  local OPEN = [[batches.of({
    { verdict = "cancelled", type = "Isolate", machine = "ber-lt-1.corp.contoso.com",
      requestor = "soar@contoso.com", status = "Cancelled", sends = { 1769199041 },
      ended_at = 1769199041.5 },
    { verdict = "not_found", error = "not_found", http = 404, message = "no such action",
      sends = { 1769199042 }, ended_at = 1769199042.25 },
    { in_air = true, sends = { 1769199043 } }, {},
  }, { events = { { at = 1769199040, kind = "begun", who = "dana@soc1" },
                  { at = 1769199050, kind = "stopped", who = "dana@soc1",
                    detail = "interrupted" } },
       command = "mde cancel --type Isolate" })]]

  it("says what was asked, what became of it, and what to do next", function()
    local text = report(OPEN, "text")
    for _, line in ipairs {
      "Batch misfire: stopped, 2 items open", "items        4, in the order given",
      "tenant       7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60", "by           dana@soc1",
      "took         10s", "command      mde cancel --type Isolate",
      "2026-01-23T20:10:50Z  stopped  dana@soc1  interrupted",
      "cancelled       1  25.0 %  by this batch",
      "in the air      1  25.0 %  sent, and nothing known; a resume settles it",
      "Isolate      1         1             0        0           0",
      "corp.contoso.com      1         1             0        0           0",
      "3 calls from 2026-01-23T20:10:41Z to 2026-01-23T20:10:43Z",
      "most in 60 s        3 (the service takes 100), from 2026-01-23T20:10:41Z on",
      "last call to outcome      2   250ms  500ms  500ms    500ms",
      "begin to first call       3    2.0s   3.0s   3.0s     3.0s",
      "      1 not_found: no such action",
      "        such as 00000002-7557-4ab7-9782-d50480024a4e",
      "  mde resume misfire                             takes up the 2 open",
      "  mde batch show misfire --verdict open          shows them",
      "  mde batch show misfire --verdict not_found     shows the 1",
      "  mde batch report misfire --html > report.html  every item, to read and search",
    } do
      assert.truthy(("\n" .. text):find("\n" .. line .. "\n", 1, true),
        line .. " is not in\n" .. text)
    end
    assert.truthy(text:find "Isolations among the cancelled: 1%. Cancelling is not un%-isolating")
  end)

  it("says that nothing is left where nothing is", function()
    local text = report([[batches.of({ { verdict = "cancelled", type = "LiveResponse" } },
      { events = { { at = 1, kind = "begun" }, { at = 2, kind = "ended" } } })]], "text")
    assert.truthy(text:find("Batch misfire: ended, nothing open\n", 1, true))
    assert.falsy(text:find("resume", 1, true))
    assert.falsy(text:find("Isolations", 1, true))
  end)

  it("does not resume what runs", function()
    local text = report("batches.of({ {}, {} })", "text")
    assert.truthy(text:find("Batch misfire: running, 2 items open\n", 1, true))
    assert.truthy(text:find("\nNo call went out.\n", 1, true))
    assert.falsy(text:find("mde resume", 1, true))
    text = report("batches.of({ {} }, { holder = function() end })", "text")
    assert.truthy(text:find("Batch misfire: broken off, 1 item open\n", 1, true))
    assert.truthy(text:find("mde resume misfire", 1, true))
  end)

  it("quotes a name for the shell, and shows what would be executed", function()
    local text = report([[batches.of({ {} }, { name = "it's; rm \27[1m", events = {},
      comment = "a\u{202E}b" })]], "text")
    assert.truthy(text:find([[mde resume 'it'\''s; rm \x1b[1m' ]], 1, true), text)
    assert.truthy(text:find([[comment      a\u{202e}b]], 1, true), text)
  end)

  it("keeps to 80 columns with a real incident, but for what may not be cut", function()
    for line in report("batches.incident(1500)", "text"):gmatch "[^\n]*" do
      local is_whole = line:find "^command" or line:find "^ +%d+ %l+[%l_]*: " or line:find "^  mde"
      assert.truthy(is_whole or utf8.len(line) <= 80, line)
    end
  end)
end)

describe("mde batch report --json", function()
  it("is one object, with all items in their order", function()
    local object = cjson.decode(report("batches.incident(250)", "json"))
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

  it("is read in one go, so that its numbers are those of its items", function()
    assert.equal("1\n", run([[
      local batch = batches.incident(50)
      report.write(batch, "json")
      io.stderr:write(batch.readings, "\n")]]).err)
  end)

  it("is JSON without items, and with bytes that are no text", function()
    local object = cjson.decode(report("batches.of({}, { events = {} })", "json"))
    assert.same({ {}, {}, 0 }, { object.items, object.history, object.statistics.items })
    assert.equal("not_begun", object.batch.state)
    local text = report([[batches.of({ { machine = "\xff\u{202E}\0\27", verdict = "error",
      message = '"</script>' } })]], "json")
    assert.truthy(utf8.len(text))
    object = cjson.decode(text)
    assert.equal("\u{FFFD}\u{202E}\0\27", object.items[1].machine)
    assert.falsy(text:find("\u{202E}", 1, true))
  end)
end)

describe("mde batch report --csv", function()
  it("has a record for each item, and a header", function()
    local text = report("batches.incident(60)", "csv")
    assert.equal(61, count(text, "\r\n"))
    assert.truthy(text:find "^position,id,outcome,status,machine,")
    assert.truthy(text:find("\r\n1,09b8fd96-0da7-4275-9013-2adaee023170,cancelled,Cancelled,syd-ws-"
      .. "1003.emea.contoso.com,", 1, true))
    assert.truthy(text:find(",2026-01-23T20:10:41.118Z,1,2026-01-23T20:10:41.239Z,0.868,0.12\r\n",
      1, true), text)
  end)

  it("makes formulas harmless, and says what has no outcome", function()
    local text = report([[batches.of { { machine = "=cmd|x", in_air = true }, {} }]], "csv")
    assert.truthy(text:find(",in_air,,'=cmd|x,", 1, true), text)
    assert.truthy(text:find(",never_sent,,,", 1, true), text)
  end)
end)

describe("mde batch report --html", function()
  it("is a page for batches of every kind", function()
    for _, batch in ipairs { "batches.of({})", "batches.of({ {} })", "batches.incident(1)",
                             "batches.incident(20, 3)", "batches.of({}, { events = {} })" } do
      local html = report(batch, "html")
      assert.truthy(html:find "^<!DOCTYPE html>\n<html lang=\"en\">")
      assert.truthy(html:find "</html>\n$")
      for _, name in ipairs { "table", "tbody", "tr", "section", "svg", "div", "dl", "main" } do
        assert.equal(count(html, "<" .. name .. "[ >]"), count(html, "</" .. name .. ">"), name)
      end
    end
  end)

  it("has a policy for its own style and script alone", function()
    local html = report("batches.incident(9)", "html")
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

  it("tells the limits, events and the time with its zone", function()
    local html = report("batches.incident(200)", "html")
    for _, text in ipairs { "Cancelling is not un-isolating", ">resumed</text>", "20:10:40 UTC",
                            "80 calls in any 60 s, of the 100 that the service takes" } do
      assert.truthy(html:find(text, 1, true), text)
    end
  end)

  it("shows at most 100,000 items, and says so", function()
    local html = report("batches.of((function() local t = {} for i = 1, 100001 do t[i] = {} end"
      .. " return t end)())", "html")
    assert.equal(100000, count(html, '<tr><td class="number">'))
    assert.truthy(html:find("The first 100,000 of 100,001 items", 1, true))
  end)
end)

describe("mde batch report, in every format,", function()
  it("holds no item", function()
    for _, format in ipairs { "text", "json", "csv", "html" } do
      local peak = tonumber(run(([[
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

  it("fails when it can't be written, and ends quietly when nobody reads on", function()
    for _, format in ipairs { "text", "json", "csv", "html" } do
      local chunk = ([[
        io.stdout:setvbuf "no"
        local _, raised = pcall(report.write, batches.incident(200), %q)
        io.stderr:write(require "mde.cli.failure".status(raised), tostring(raised))]])
        :format(format)
      local full = run(chunk, "exec $mde run /dev/stdin >/dev/full").err
      assert.truthy(full:find "^4cannot write the output: No space left on device", full)
      assert.equal("0", run(chunk,
        '{ trap "" PIPE; sleep 0.2; exec $mde run /dev/stdin; } | :').err)
    end
  end)
end)
