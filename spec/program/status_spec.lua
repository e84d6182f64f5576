-- mde status, against the simulator.

local cjson = require "cjson"
local program = require "spec.support.program"

local function rehearse(script, options)
  return program.rehearse(options or "{ mistaken = 12, history = 20 }", script)
end

describe("mde status", function()
  it("shows what a loop of commands has used of the windows, and who", function()
    local run = rehearse [[
      for id in $(mde list --requestor soar@contoso.com --ids --limit 3 2>/dev/null); do
        mde cancel $id -m x >/dev/null 2>&1
      done
      mde status; mde status --json]]
    assert.equal(0, run.status, run.err)
    assert.truthy(run.out:find "cancel +minute +3 +97 +now +%S+@%S+ pid %d+: 1, ", run.out)
    assert.truthy(run.out:find "cancel +hour +3 +1497 ", run.out)
    local object = cjson.decode(run.out:match "\n({.-})\n")
    local first = object.windows[1]
    assert.same({ "client secret", "commercial", 0 }, { object.way, object.cloud,
      object.live_responses.in_progress })
    assert.same({ "cancel", "minute", 100, 3, 97, cjson.null, 3 }, {
      first.bucket, first.window, first.limit, first.used, first.free, first.next_slot,
      #first.holders })
  end)

  it("says when the next slot frees", function()
    local run = rehearse([[export MDE_QUOTA=2,1000
      set -- $(mde list --requestor soar@contoso.com --ids --limit 2 2>/dev/null)
      mde cancel $1 $2 -m x --yes --reserve 0 >/dev/null 2>&1; mde status]])
    assert.truthy(run.out:find "cancel +minute +2 +0 +%d%d:%d%d:%d%d %(in [%dms ]+%)", run.out)
  end)

  it("shows batches that run or are open, also if the service does not answer", function()
    local run = rehearse([[
      mde cancel --requestor soar@contoso.com -m x --yes --max 12 --batch b --parallel 2 \
        >/dev/null 2>&1 & pid=$!
      wait_until '[ "$(cat $POSTED)" -ge 2 ]'
      mde status; kill -KILL $pid; wait $pid
      mde status --json; MDE_API_URL=http://127.0.0.1:1 mde status]],
      [[{ mistaken = 12, history = 0,
          oddities = { late = { operation = "cancel", nth = { 1, 2 } }, late_by = 900 } }]])
    assert.truthy(run.out:find "b +running +%d+s +%S+ pid %d+ +0 +12 +mde cancel ", run.out)
    assert.truthy(run.out:find '"batches":%[{[^}]*"state":"open"', run.out)
    assert.truthy(run.out:find "b +open +%d+s +%S+@%S+ +0 +12 +mde cancel [^\n]+\n$", run.out)
  end)
end)
