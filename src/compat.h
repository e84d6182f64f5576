/* One source for Lua 5.1, LuaJIT, 5.2, 5.3 and 5.4: what the older ones lack.
*/
#ifndef MDE_COMPAT_H
#define MDE_COMPAT_H

#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>

#if LUA_VERSION_NUM == 501

/* LuaJIT has this one, Lua 5.1 has not. [-0, +0, m] */
static inline void mde_setfuncs (lua_State *L, const luaL_Reg *functions) {
  for (; functions->name != NULL; functions++) {
    lua_pushcfunction(L, functions->func);
    lua_setfield(L, -2, functions->name);
  }
}
#undef luaL_setfuncs
#define luaL_setfuncs(L, functions, upvalues) mde_setfuncs(L, functions)
#undef luaL_newlib
#define luaL_newlib(L, functions) (lua_newtable(L), mde_setfuncs(L, functions))

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
#undef luaL_testudata
#define luaL_testudata mde_testudata

#undef lua_rawlen
#define lua_rawlen lua_objlen
#undef lua_getuservalue
#undef lua_setuservalue
#define lua_getuservalue lua_getfenv  /* here it is a table */
#define lua_setuservalue lua_setfenv

#endif

#if LUA_VERSION_NUM < 504
#define lua_newuserdatauv(L, size, count) lua_newuserdata(L, size)
#define luaL_pushfail lua_pushnil
#endif

#if LUA_VERSION_NUM < 503
#define LUA_MAXINTEGER PTRDIFF_MAX
#endif

/* Raises where this was built for another Lua whose functions have the same names. LuaJIT and
** Lua 5.1 are one in that. [-0, +0, v] */
static inline void mde_check_version (lua_State *L) {
#if LUA_VERSION_NUM > 501
  luaL_checkversion(L);
#else
  (void)L;
#endif
}

/* True if numbers have an integer subtype, to which whole floats are converted. */
#define MDE_HAS_INTEGERS (LUA_VERSION_NUM >= 503)

/* Pushes a count or an id, which may need more bits than an integer of Lua 5.1
** has. [-0, +1, -] */
static inline void mde_push_count (lua_State *L, int64_t count) {
#if MDE_HAS_INTEGERS
  lua_pushinteger(L, (lua_Integer)count);
#else
  lua_pushnumber(L, (lua_Number)count);
#endif
}

#endif
