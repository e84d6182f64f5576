-- limit longest
return { decide = function()
  local thread = coroutine.create(function()
    local guard <close> = setmetatable({}, { __close = function() while true do end end })
    coroutine.yield(guard)
  end)
  coroutine.resume(thread)
  pcall(coroutine.close, thread)
end }
