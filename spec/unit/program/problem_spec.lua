-- Tests how errors are shown.

require "spec.support.policy"
local cjson = require "cjson"
local errors = require "mde.base.errors"
local failure = require "mde.program.exit"
local problem = require "mde.program.problem"
local system = require "mde.program.system"
local systems = require "spec.support.system"

-- -> what is shown, the exit status
local function shown(raised, advice, as_json)
  local own = systems.new {}
  local status = system.run(own, function()
    system.state.json = as_json
    return problem.show(raised, advice or {})
  end)
  return own.stderr.text, status
end

local FORBIDDEN = { code = "forbidden", message = "refused", status = 403, request_id = "r1",
                    operation = "cancel", permissions = { "Machine.Isolate", "Machine.Scan" },
                    held = { "Machine.Read.All" } }

local function raised_by(f, ...)
  return select(2, pcall(f, ...))
end

describe("an error", function()
  it("of a permission has three lines: the operation, what is needed, what is held", function()
    local text, status = shown(errors.new(FORBIDDEN))
    assert.equal(5, status)
    assert.equal("mde: refused (HTTP 403, request r1)\n"
      .. "needed: any of Machine.Isolate, Machine.Scan\n" .. "held: Machine.Read.All\n", text)
  end)

  it("is one JSON object with --json", function()
    local text = shown(errors.new(FORBIDDEN), {}, true)
    assert.same({ code = "forbidden", message = "refused", status = 403, request_id = "r1",
                  permissions = { needed = FORBIDDEN.permissions, held = FORBIDDEN.held },
                  hint = cjson.null, argv = cjson.null }, cjson.decode(text))
  end)

  it("of wrong use has the corrected command line, and hides passwords", function()
    local misuse = raised_by(failure.misuse, { hint = "Do it." }, "wrong '%s'", "x")
    local advice = { argv = { "list", "--store", "postgresql://u:secret@h/d", "a b" },
                     help = "help list", notes = { "So." } }
    local text, status = shown(misuse, advice)
    assert.equal(2, status)
    assert.equal("mde: wrong 'x'\nDo it.\nSo.\nDid you mean:\n"
      .. "   mde list --store 'postgresql://u:…@h/d' 'a b'\nSee: mde help list\n", text)
    local object = cjson.decode((shown(misuse, advice, true)))
    assert.same({ "usage", "Do it. So. See: mde help list",
                  { "mde", "list", "--store", "postgresql://u:…@h/d", "a b" } },
                { object.code, object.hint, object.argv })
  end)

  it("without a message is not shown", function()
    assert.same({ "", 3 }, { shown(raised_by(failure.raise, 3, "")) })
  end)
end)
