-- A real `mde` process of a twin: started by a shell, with files for what it reads and writes.
--
-- An attended one runs at a terminal (terminal.c): what it shows there is in the file `tty`, and
-- `answer` types what the person of the plan says. Standard output is always a file.

local kernel = require "mde.process"
local program = require "spec.support.program"
local trouble = require "spec.support.trouble"

local process = {}

local Process = {}
Process.__index = Process

local quote = program.quote

local function read(path)
  local file = io.open(path, "rb")
  if not file then return "" end
  local text = file:read "a"
  file:close()
  return text
end

process.read = read

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

process.write = write

local function words(list)
  local quoted = {}
  for i, word in ipairs(list) do quoted[i] = quote(word) end
  return table.concat(quoted, " ")
end

-- The words in front of the command that make it fail at the instant of the plan.
local function trouble_of(self, folder)
  local given = self.trouble
  if not given then return "" end
  local place = given.what ~= "kill" and (":%s/state/%s"):format(folder, self.store) or ""
  return trouble.environment(("%s:%d%s"):format(given.what, given.instant, place))
end

-- `entry`: name, argv, input, attended, agrees, intent, store, host, user; trouble = { what,
-- instant }: see trouble.c. `folder`: of the twin. `environment`: name -> value.
function process.start(entry, folder, environment)
  local self = setmetatable({ requests = 0, tty = "", answered = 0 }, Process)
  for key, value in pairs(entry) do self[key] = value end
  self.path = folder .. "/" .. entry.name
  for name, value in pairs(environment) do kernel.setenv(name, value) end
  local files = ("<%s.in >%s.out 2>%s.err"):format(self.path, self.path, self.path)
  if self.attended then files = (">%s.out"):format(self.path) end
  if self.attended and entry.input then files = ("<%s.in "):format(self.path) .. files end
  write(self.path .. ".in", entry.input or "")
  local script = ("echo $$ >%s.pid; %s exec %s %s %s"):format(self.path,
    trouble_of(self, folder), quote(program.path), words(entry.argv), files)
  if self.attended then
    os.execute(("mkfifo %s.keys"):format(self.path))
    self.keys = assert(io.open(self.path .. ".keys", "r+"))
    self.keys:setvbuf "no"
    script = ("exec %s 500 sh -c %s <%s.keys >%s.tty"):format(quote(process.terminal),
      quote(script), self.path, self.path)
  end
  self.child = assert(kernel.spawn { "sh", "-c", script })
  return self
end

-- Its process id, once it has one.
function Process:pid()
  self.number = self.number or tonumber((read(self.path .. ".pid"):match "%d+"))
  return self.number
end

-- Sends a signal: "KILL", "STOP", "CONT" or "INT". -> true if it arrived
function Process:signal(name)
  if self.status or not self:pid() then return false end
  return os.execute(("kill -%s %d 2>/dev/null"):format(name, self:pid())) == true
end

-- -> its state, the kernel's function that it waits in, and its processor time, as text
function Process:activity()
  local pipe = assert(io.popen(("ps -o stat=,wchan=,time= -p %d"):format(self:pid() or 0)))
  local text = pipe:read "a"
  pipe:close()
  return (text:gsub("%s+", " "))
end

-- Looks if it has ended. -> true once it has
function Process:poll()
  if self.status then return true end
  self.status = kernel.wait(self.child)
  if not self.status then return false end
  self.out, self.err = read(self.path .. ".out"), read(self.path .. ".err")
  if self.attended then
    self.err = read(self.path .. ".tty")
    self.keys:close()
  end
  return true
end

-- The answer of a person to the end of the shown text | nil: it asks nothing.
local function reply_to(shown, agrees)
  local number = shown:match "Type (%d+) to continue: $"
  if number then return agrees and number or "n", number end
  if shown:find "%[y/N%] $" then return agrees and "y" or "n" end
  if shown:find "Enter: none%] $" then return agrees and "1" or "" end
end

-- Answers a question at the terminal, if there is a new one. `note(event)`.
function Process:answer(note)
  if not self.attended or self.status then return end
  local shown = read(self.path .. ".tty")
  if #shown == self.answered then return end
  local text = reply_to(shown, self.agrees)
  if not text then return end
  note { kind = "asked", process = self.name, text = shown:sub(self.answered + 1) }
  note { kind = "typed", process = self.name, text = text }
  self.answered = #shown
  self.keys:write(text, "\n")
end

return process
