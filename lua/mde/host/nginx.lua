-- Waits in nginx with its Lua module, and in OpenResty.
--
-- A worker serves other clients while a request or timer sleeps. Where nginx does not let Lua
-- sleep (init_by_lua, header filters, log_by_lua …), `wait` raises.

return {
  is_shared = true,
  -- Sleeps for `pause` seconds, at least a millisecond: nginx would take less as 0, and a sleep
  -- of 0 is expensive.
  wait = function(_, _, pause) _G.ngx.sleep(math.max(pause, 0.001)) end,
}
