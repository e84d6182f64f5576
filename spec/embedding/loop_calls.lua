-- Makes calls at once in an event loop: loop_calls.lua LOOP COUNT URL. Prints the seconds that
-- they took, the CPU of this process in them, and how many of them got an answer.

local mde = require "mde"

local name, count, url = arg[1], tonumber(arg[2]), arg[3]
local client = assert(mde.client { host = name, token = "sesame", api_url = url, quota = false,
                                   timeout = 60 })
local answers, finished = 0, 0

local function call(i)
  if client:action(("%08x-7557-4ab7-9782-d50480024a4e"):format(i)) then answers = answers + 1 end
  finished = finished + 1
end

-- Runs call(1) to call(count) as threads of a loop. -> seconds
local loops = {}

function loops.cqueues()
  local cqueues = require "cqueues"
  local loop, began = cqueues.new(), cqueues.monotime()
  for i = 1, count do loop:wrap(call, i) end
  assert(loop:loop())
  return cqueues.monotime() - began
end

function loops.luv()
  local uv = require "luv"
  local began = uv.hrtime()
  for i = 1, count do coroutine.wrap(call)(i) end
  uv.run()
  return (uv.hrtime() - began) / 1e9
end

local before = os.clock()
local seconds = loops[name]()
print(("%.3f %.3f %d"):format(seconds, os.clock() - before, answers))
