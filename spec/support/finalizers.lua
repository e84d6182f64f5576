-- Runs finalizers in the middle of C functions: at every allocation that may collect.

-- Calls body(...) while `act` is called by finalizers, again and again. -> what it returns
return function(act, body, ...)
  local on = true
  local function arm()
    setmetatable({}, { __gc = function()
      if not on then return end
      arm()
      act()
    end })
  end
  local function finish(...)
    on = false
    collectgarbage("incremental", 200, 100, 13)
    return ...
  end
  arm()
  collectgarbage("incremental", 1, 1000, 63)  -- one step: a whole collection, then the next
  return finish(pcall(body, ...))
end
