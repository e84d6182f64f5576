-- nginx with its Lua module, and OpenResty: a worker serves its clients while a request,
-- or a timer, sleeps. Where nginx does not let Lua sleep (init_by_lua, header filters,
-- log_by_lua …), it raises.

return {
  -- Lets the worker go on for `pause` seconds.
  wait = function(_, _, pause) _G.ngx.sleep(pause) end,
}
