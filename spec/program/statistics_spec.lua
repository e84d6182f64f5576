-- The statistics of a batch's report.

local value = require "spec.support.report".value

describe("the windows of a report", function()
  local function calls(moments)
    return value(([[
      local calls = module "calls".new()
      for _, moment in ipairs { %s } do calls:add(moment) end
      return calls:summary()]]):format(moments))
  end

  it("count the most calls in any 60 s and any 3600 s", function()
    local summary = calls "1000, 1030, 1059.999, 1060, 1061, 4599, 4700"
    assert.same({ most = 4, since = 1030 }, summary.minute)
    assert.same({ most = 6, since = 1000 }, summary.hour)
    assert.same({ 7, 1000, 4700 }, { summary.count, summary.first, summary.last })
  end)

  it("do not count calls exactly one window apart", function()
    assert.equal(1, calls "1000, 1060".minute.most)
    assert.equal(1, calls "1000, 4600".hour.most)
    assert.equal(2, calls "1000, 4599.9".hour.most)
  end)

  it("are the same for calls in any order", function()
    assert.same(calls "5, 10, 20, 64, 66", calls "66, 10, 5, 64, 20")
  end)

  it("are empty without calls", function()
    assert.same({ count = 0, bins = {} }, calls "")
  end)

  it("give a timeline of at most 600 bins with every call", function()
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

  it("keep their calls in bins without a call", function()
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
  it("are exact to 1 %; the longest is exact", function()
    local summary = value [[
      local times = module "histogram".new()
      for i = 1, 10000 do times:add(i * i / 1000) end
      return times:summary()]]
    for name, exact in pairs { median = 25000, p90 = 81000, p99 = 98010 } do
      assert.truthy(math.abs(summary[name] / exact - 1) <= 0.0101, name)
    end
    assert.same({ 10000, 100000 }, { summary.count, summary.longest })
  end)

  it("are exact if there is only one", function()
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

  it("has the time from begin to end, and the working part of it", function()
    assert.same({ state = "ended", begun = 20, seconds = 50, working = 30 },
      course "{ 'begun', 20 }, { 'stopped', 30 }, { 'resumed', 50 }, { 'ended', 70 }")
    assert.same({ state = "stopped", begun = 20, seconds = 10, working = 10 },
      course "{ 'begun', 20 }, { 'stopped', 30 }")
  end)

  it("lasts until now while the batch runs", function()
    assert.same({ state = "running", begun = 20, seconds = 80, working = 80 },
      course "{ 'begun', 20 }")
  end)

  it("has no times if they are unknown", function()
    assert.same({ state = "ended", begun = 20, seconds = 50 },
      course "{ 'begun', 20 }, { 'resumed', 50 }, { 'ended', 70 }")
    assert.same({ state = "broken off", begun = 20 }, course("{ 'begun', 20 }", false))
    assert.same({ state = "not begun", begun = 10, working = 0 }, course "")
  end)
end)

describe("the statistics of a report", function()
  local function numbers(items)
    return value(([[
      local collector = module "statistics".new(1000)
      for item in batches.of({ %s }):rows() do collector:add(item) end
      local summary = collector:summary()
      summary.by.type.rest, summary.by.domain.rest, summary.by.requestor.rest = nil
      return summary]]):format(items))
  end

  it("count verdicts, also by type, domain and requestor", function()
    local summary = numbers [[
      { verdict = "cancelled", type = "Isolate", machine = "a.Corp.contoso.com", requestor = "x" },
      { verdict = "error", type = "Isolate", machine = "b.corp.contoso.com.", requestor = "y" },
      { in_flight = true, type = "Isolate", machine = "c", sends = { 1001 } },
      { machine = ".d" }, { verdict = "cancelled", machine = "e." }]]
    assert.same({ cancelled = 2, error = 1, in_flight = 1, never_sent = 1 }, summary.outcomes)
    assert.same({ good = 2, moot = 0, refused = 1, undecided = 2 }, summary.kinds)
    assert.same({ 5, 3 }, { summary.items, summary.open })
    assert.same({
      { name = "Isolate", items = 3, outcomes = { cancelled = 1, error = 1, in_flight = 1 } },
      { name = "-", items = 2, outcomes = { cancelled = 1, never_sent = 1 } },
    }, summary.by.type)
    assert.same({ { "-", 3 }, { "corp.contoso.com", 2 } }, {
      { summary.by.domain[1].name, summary.by.domain[1].items },
      { summary.by.domain[2].name, summary.by.domain[2].items } })
    assert.equal(3, #summary.by.requestor)
  end)

  it("measure waiting from the begin, and answers from the last call", function()
    local summary = numbers [[
      { verdict = "cancelled", sends = { 1005, 1100 }, ended_at = 1102 },
      { in_flight = true, sends = { 1005 } }, {}]]
    assert.same({ 2, 1, 3 }, { summary.sent, summary.sent_again, summary.calls.count })
    assert.same({ 2, 5 }, { summary.waiting.count, summary.waiting.longest })
    assert.same({ 1, 2 }, { summary.answer.count, summary.answer.longest })
  end)

  it("count no cancel before a release as sent again", function()
    local undo = "{ change = 'undo', launched = 'x', seen = '%s', sends = { 1005, 1006%s } },"
    for seen, again in pairs { InProgress = 0, Pending = 0, Succeeded = 1, Cancelled = 1 } do
      assert.equal(again, numbers(undo:format(seen, "")).sent_again)
      assert.equal(1, numbers(undo:format(seen, ", 1007")).sent_again)
    end
  end)

  it("group reasons that differ only in ids", function()
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

  it("count cancelled isolations and those in effect", function()
    assert.same({ cancelled = 3, begun = 1, unknown = 1, in_effect = 2 }, numbers [[
      { verdict = "cancelled", type = "Isolate" },
      { verdict = "cancelled", type = "Isolate", seen = "Pending" },
      { verdict = "cancelled", type = "Isolate", seen = "InProgress" },
      { verdict = "cancelled", type = "LiveResponse" },
      { verdict = "too_late", type = "Isolate" }, { verdict = "already_final", type = "Isolate" },
      { verdict = "already_final", type = "Isolate", status = "Succeeded" },
      { verdict = "already_final", type = "Isolate", status = "Failed" }]].isolations)
  end)

  it("add up all but the largest groups, and those beyond the maximum", function()
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
