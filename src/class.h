/* Classes of userdata. */
#ifndef MDE_CLASS_H
#define MDE_CLASS_H

#include "compat.h"

/* Makes a metatable called `name` with these metamethods and methods (in its __index, a table of
** its own). [-0, +0, m] */
static inline void mde_class (lua_State *L, const char *name, const luaL_Reg *metamethods,
                              const luaL_Reg *methods) {
  luaL_newmetatable(L, name);
  luaL_setfuncs(L, metamethods, 0);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  lua_pushliteral(L, "locked");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

#endif
