-- Golden screens of commands at terminals of 60, 80, 100 and 160 columns: spec/program/screens.
--
-- SCREENS=update writes them instead.

local program = require "spec.support.program"

local WIDTHS = { 60, 80, 100, 160 }
local MACHINE = "nyc-ws-4169.corp.contoso.com"
local POLICY = os.getenv "PWD" .. "/examples/policies/stale_live_response.lua"
local CANCEL = "cancel --requestor soar@contoso.com --newer-than 24m59s -m misfire --batch night"

-- Screen -> its command lines, of which the last is shown.
local SCREENS = {
  list = "list --newer-than 24m50s",
  show = "show " .. MACHINE,
  machines = "machines --isolated --only isolated",
  cancel = CANCEL .. " -n",
  status = "- " .. CANCEL .. " --yes --max 60 ; status",
  ["batch-show"] = "- " .. CANCEL .. " --yes --max 60 ; batch show night",
  ["batch-list"] = "- " .. CANCEL .. " --yes --max 60 ; batch list",
  plan = "plan " .. POLICY,
  usage = "cancel srv-1.contoso.com -m misfire",
  refused = CANCEL .. " --yes --max 50",
  help = "help batch",
  date = "list --after 2026-13-45",
}
local STATUSES = { usage = 2, refused = 3, date = 2 }

local function words_of(text)
  local words = {}
  for word in text:gmatch "%S+" do words[#words + 1] = word end
  return words
end

-- Returns the text of a command at a terminal of so many columns.
local function screen(name, columns)
  local words = words_of(SCREENS[name])
  for i, word in ipairs(words) do words[i] = program.quote(word) end
  local run = program.sh(([[
    folder=$(mktemp -d /tmp/mde-XXXXXX)
    TERM=xterm %s %d -- "$mde" run %s/screens.lua "$folder" %s; status=$?
    rm -rf "$folder"; exit $status]]):format(program.pty(), columns,
      program.quote(program.support), table.concat(words, " ")))
  assert.equal(STATUSES[name] or 0, run.status, name .. run.out .. run.err)
  return (run.out:gsub("\r\n", "\n"):gsub("\r[^\r\n]*\27%[K", "")
    :gsub("/tmp/mde%-%w+", "/tmp/mde-state"))
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "a"
  if file then file:close() end
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

describe("a golden screen", function()
  for name in pairs(SCREENS) do
    it("of " .. name .. " is as it was, and its tables fit", function()
      local parts = {}
      for i, columns in ipairs(WIDTHS) do
        local shown = screen(name, columns)
        parts[i] = ("==== %d columns\n%s"):format(columns, shown)
        for line in shown:gmatch "[^\n]+" do
          if not line:find "^ +mde " then
            assert.truthy(utf8.len(line) <= columns, columns .. ": " .. line)
          end
        end
      end
      local path = ("spec/program/screens/%s.txt"):format(name)
      local text = table.concat(parts, "\n")
      if os.getenv "SCREENS" == "update" then return write(path, text) end
      assert.equal(read(path), text)
    end)
  end
end)
