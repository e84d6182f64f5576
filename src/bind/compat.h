/* One source for Lua 5.1, LuaJIT, 5.2, 5.3 and 5.4: what the older ones lack.
*/
#ifndef MDE_COMPAT_H
#define MDE_COMPAT_H

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM == 501 && !defined(LUAJIT_VERSION) && !defined(luaL_newlib)

static inline void luaL_setfuncs (lua_State *L, const luaL_Reg *functions,
                                  int upvalues) {
  (void)upvalues;  /* none are used here */
  for (; functions->name != NULL; functions++) {
    lua_pushcfunction(L, functions->func);
    lua_setfield(L, -2, functions->name);
  }
}

#endif

#if LUA_VERSION_NUM == 501

#undef luaL_newlib
#define luaL_newlib(L, functions) \
  (lua_newtable(L), luaL_setfuncs(L, functions, 0))

/* Protected against a value of another type, as 5.2's. [-0, +0, e] */
static inline void *mde_testudata (lua_State *L, int index, const char *name) {
  void *data = lua_touserdata(L, index);
  int same;
  if (data == NULL || !lua_getmetatable(L, index)) return NULL;
  luaL_getmetatable(L, name);
  same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? data : NULL;
}
#define luaL_testudata mde_testudata

#endif

/* Whether numbers have an integer subtype that a float should become. */
#define MDE_HAS_INTEGERS (LUA_VERSION_NUM >= 503)

#endif
