-- nginx with its Lua module, and OpenResty: a worker serves its clients while a request,
-- or a timer, sleeps. Where nginx does not let Lua sleep (init_by_lua, header filters,
-- log_by_lua …), it raises.

return {
  is_shared = true,
  -- Lets the worker go on for `pause` seconds. Less than a millisecond would be none, which
  -- costs nginx dear.
  wait = function(_, _, pause) _G.ngx.sleep(math.max(pause, 0.001)) end,
}
