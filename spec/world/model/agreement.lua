-- Checks that each item that was sent was agreed to: by an option, one id, or an answer.

local read_command = require "spec.world.model.command"

local SLACK = 1e-6

local function trimmed(text) return (text or ""):lower():match "^%s*(.-)%s*$" end

local function agrees(text)
  text = trimmed(text)
  return text == "y" or text == "yes" or text:find "^%d+$" ~= nil
end

-- The answer of a process by then: true, false, or nil if it asked nothing.
local function answer_of(world, process, at, counts)
  local answer
  for _, event in ipairs(world.typed[process] or {}) do
    if event.at <= at + SLACK then answer = counts(event.text) end
  end
  return answer
end

local function ever_typed_yes(world, process, at)
  for _, event in ipairs(world.typed[process] or {}) do
    if event.at <= at + SLACK and agrees(event.text) then return true end
  end
  return false
end

-- The event of the plan that was written to this path last.
local function plan_at(world, path, at)
  local plan
  for _, event in ipairs(world.plans) do
    if event.at <= at + SLACK and event.path == path then plan = event end
  end
  return plan
end

local function approves(world, process, command)
  local hash = command.options["--approve"]
  if not hash then return false end
  local plan = plan_at(world, command.operands[1], process.began)
  local known = plan and plan.plan and plan.plan.hash
  if known then return known:sub(1, #hash) == hash:lower() end
  return not plan or not plan.text or plan.text:find(hash:lower(), 1, true) ~= nil
end

local OF_MANY = { apply = true, undo = true, watch = true, plan = true }

local function names_one(command)
  return #command.operands == 1 and command.operands[1] ~= "-" and not OF_MANY[command.name]
end

-- With `is_over`, the answer to a later question does not take back the first one.
local function creator_agreed(world, batch, at, is_over)
  local process = world.observation.processes[batch.creator]
  if not process then return true end
  local typed = answer_of(world, process.name, at, agrees)
  if is_over and ever_typed_yes(world, process.name, at) then return true end
  if typed ~= nil and not is_over then return typed end
  local command = read_command(process.argv)
  if command.name == "watch" then return (process.intent or {}).is_approved end
  return command.options["--yes"] ~= nil or approves(world, process, command) or names_one(command)
end

local function chooses(text)
  text = trimmed(text)
  return text ~= "" and text ~= "n" and text ~= "no" and text ~= "q"
end

local function resumer_agreed(world, batch, process, at)
  if not creator_agreed(world, batch, at, true) then return false end
  local typed = answer_of(world, process.name, at, chooses)
  if typed ~= nil then return typed end
  local command = read_command(process.argv)
  return command.name ~= "resume" or command.operands[1] ~= nil
    or command.options["--join"] ~= nil
end

local function is_agreed(world, post)
  local batch = post.item.batch
  if not batch.creator then return true end
  if batch.creator == post.process then return creator_agreed(world, batch, post.sent) end
  local process = world.observation.processes[post.process]
  return not process or resumer_agreed(world, batch, process, post.sent)
end

local function contains(list, value)
  for _, each in ipairs(list) do
    if each == value then return true end
  end
  return false
end

local function matches(world, filter, id)
  local action = world.observation.actions[id]
  if not action then return true end
  return (filter.type == nil or filter.type == action.type)
    and (filter.requestor == nil or filter.requestor == action.requestor)
end

local function is_in_plan(world, process, path, id)
  local plan = plan_at(world, path, process.began)
  if not plan then return true end
  for _, planned in ipairs(plan.plan and plan.plan.items or {}) do
    if planned.id == id then return true end
  end
  return plan.text ~= nil and plan.text:find(id, 1, true) ~= nil
end

-- Reports whether the person who began the batch meant this item.
local function is_meant(world, item)
  local process = world.observation.processes[item.batch.creator]
  local intent = process and process.intent
  if not intent then return true end
  if intent.ids then return contains(intent.ids, item.id) end
  if intent.machines then return contains(intent.machines, item.id) end
  if intent.filter then return matches(world, intent.filter, item.id) end
  local path = intent.path or read_command(process.argv).operands[1]
  return intent.what ~= "apply" or is_in_plan(world, process, path, item.id)
end

local function check_comment(post, report)
  local body, comment = post.event.body, post.item.row.comment or post.item.batch.row.comment
  if type(body) == "table" and type(body.Comment) == "string" and comment
    and not body.Comment:find(comment, 1, true) then
    report("agreement", { post.n }, "%s sent the comment %q for %s instead of %q",
      post.process, body.Comment, post.item.id, comment)
  end
end

return function(world, report)
  local reported = {}
  for _, post in ipairs(world.posts) do
    local item = post.item
    if item then
      local run = item.batch.store .. item.batch.number .. post.process
      if not reported[run] and not is_agreed(world, post) then
        reported[run] = true
        report("agreement", { post.n }, "%s sends without agreement for %s", post.process,
          item.id)
      end
      if not is_meant(world, item) then
        report("agreement", { post.n }, "%s is sent for %s, which was not asked for",
          post.event.operation, item.id)
      end
      check_comment(post, report)
    end
  end
end
