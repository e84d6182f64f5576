/* core.tidy(value): the pass over what lua-cjson decoded.
**
** JSON null (a light userdata NULL) becomes absent, and integral numbers
** become integers where Lua has them, since lua-cjson 2.1 makes every number
** a float. Changes the table in place and returns it. Raises on a value that
** is nested deeper than MAX_DEPTH: the decoder refuses such JSON first.
*/
#include "bind.h"

#define MAX_DEPTH 100


#if MDE_HAS_INTEGERS

/* Pushes the integer that the number on top equals. [-0, +1, -] or [-0, +0, -] */
static int push_integer (lua_State *L) {
  int is_integral;
  lua_Integer integer;
  if (lua_isinteger(L, -1)) return 0;
  integer = lua_tointegerx(L, -1, &is_integral);
  if (!is_integral) return 0;
  lua_pushinteger(L, integer);
  return 1;
}

#else

static int push_integer (lua_State *L) {
  (void)L;
  return 0;
}

#endif


/* Tidies the table on top of the stack. [-0, +0, e] */
static void tidy_table (lua_State *L, int depth) {
  const int table = lua_gettop(L);
  if (depth > MAX_DEPTH) luaL_error(L, "nested deeper than %d", MAX_DEPTH);
  luaL_checkstack(L, 4, "nested too deep");
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    const int type = lua_type(L, -1);
    if (type == LUA_TTABLE)
      tidy_table(L, depth + 1);
    else if ((type == LUA_TLIGHTUSERDATA && lua_touserdata(L, -1) == NULL
              && (lua_pushnil(L), 1))
             || (type == LUA_TNUMBER && push_integer(L))) {
      lua_pushvalue(L, -3);
      lua_insert(L, -2);
      lua_rawset(L, table);
    }
    lua_pop(L, 1);
  }
}


static int tidy (lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  tidy_table(L, 1);
  return 1;
}


void mde_open_entity (lua_State *L) {
  lua_pushcfunction(L, tidy);
}
