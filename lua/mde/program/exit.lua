-- Ends a command: raises a message with its exit status.
--
-- Errors of the library are raised unchanged.

local errors = require "mde.base.errors"
local message_of = require "mde.program.terminal.message"
local system = require "mde.program.system"
local verdicts = require "mde.service.verdicts"

local failure = {
  some = 1,           -- some items did not succeed
  usage = 2,          -- wrong use
  refused = 3,        -- by a guard or a limit
  failed = 4,         -- the service, the network or the store
  sign_in = 5,        -- sign-in or permission
  interrupted = 130,
}

local STATUS = {
  invalid_argument = failure.usage,
  missing_credential = failure.sign_in, sign_in = failure.sign_in,
  unauthorized = failure.sign_in, forbidden = failure.sign_in,
  not_found = failure.some, ambiguous = failure.refused, bad_request = failure.some,
  interrupted = failure.interrupted, refused = failure.refused,
  policy = failure.usage, limit = failure.refused, plan = failure.refused,
  changed = failure.some, not_undone = failure.some, conflict = failure.some,
}

local Failure = {}

function Failure:__tostring()
  return self.message
end

-- Ends the command with a message: see mde.program.terminal.message. An empty one ends it silently.
function failure.raise(status, format, ...)
  error(setmetatable({ status = status, message = message_of(format, ...) }, Failure), 0)
end

-- Ends the command because of wrong use. `fields` has more for mde.program.problem:
--   unknown, known   a wrong word of the command line, and the words that exist; or `instead`: the
--                    right one
--   machine   a machine's name in place of an action's id
--   hint      a sentence with the next step
--   addition  words to add to the command line
--   missing   see mde.program.input.syntax
function failure.misuse(fields, format, ...)
  fields.status, fields.message = failure.usage, message_of(format, ...)
  error(setmetatable(fields, Failure), 0)
end

-- Ends the command because of wrong use, if there is any.
function failure.misuse_if(is_misused, format, ...)
  if is_misused then failure.raise(failure.usage, format, ...) end
end

-- Takes `value, err` as the library returns them. -> value; raises the error
function failure.check(value, err)
  if value == nil then error(err, 0) end
  return value
end

-- The exit status

-- Of a raised value; nil: a defect of the program.
function failure.status(raised)
  if getmetatable(raised) == Failure then return raised.status end
  if not errors.is(raised) then return nil end
  -- Only a filter in the user's own OData makes a refused list wrong use.
  local is_list = raised.operation == "list" or raised.operation == "machines"
  if raised.code == "bad_request" and is_list then
    return system.state.filter and failure.usage or failure.failed
  end
  if raised.code == "deadline" and raised.action then return failure.some end
  return STATUS[raised.code] or failure.failed
end

local CODES = { [failure.some] = "incomplete", [failure.usage] = "usage",
                [failure.refused] = "refused", [failure.failed] = "failed",
                [failure.sign_in] = "sign_in", [failure.interrupted] = "interrupted" }

-- The code of a raised value, for programs.
function failure.code(raised)
  return errors.is(raised) and raised.code or CODES[failure.status(raised)] or "internal"
end

local LIBRARY_CODES = { [failure.usage] = "invalid_argument", [failure.refused] = "refused",
                        [failure.failed] = "store", [failure.sign_in] = "forbidden" }

-- Converts a raised value to an error of the library; nil: it is no such failure.
function failure.as_error(raised)
  if errors.is(raised) then return raised end
  local code = LIBRARY_CODES[failure.status(raised)]
  return code and errors.new { code = code, message = raised.message }
end

-- Of one of several items that ended with this error (nil: with a bad verdict).
function failure.of_item(err)
  local status = err and failure.status(err)
  return (status == failure.sign_in or status == failure.failed) and status or failure.some
end

-- Of an item by its verdict; nil: not sent because the batch stopped. `waited`: with --wait.
function failure.of_verdict(verdict, err, waited)
  if verdicts.good[verdict] then
    return waited and not verdicts.settled[verdict] and failure.some or 0
  end
  if verdict == "unsent" and not err then return nil end
  return failure.of_item(err)
end

-- Of several items whose statuses are the keys of `causes`: the common one, else 1.
function failure.of_all(causes)
  local status = next(causes)
  if status == nil then return 0 end
  return next(causes, status) and failure.some or status
end

return failure
