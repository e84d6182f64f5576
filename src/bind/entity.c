/* core.tidy(value): removes nulls from a value that lua-cjson decoded, and makes integers.
**
** JSON null (a light userdata NULL) becomes absent, and integral numbers
** become integers where Lua has them, since lua-cjson 2.1 makes every number
** a float. Changes the table in place and returns it. Raises on a value that
** is nested deeper than MAX_DEPTH: the decoder refuses such JSON first.
*/
#include <stdbool.h>

#include "bind.h"

#define MAX_DEPTH 100


/* Pushes the integer that the number on top equals, if Lua tells integers from
** other numbers. False: nothing is pushed. [-0, +(0|1), -] */
static bool push_integer (lua_State *L) {
#if MDE_HAS_INTEGERS
  int is_integral;
  lua_Integer integer;
  if (lua_isinteger(L, -1)) return false;
  integer = lua_tointegerx(L, -1, &is_integral);
  if (is_integral) lua_pushinteger(L, integer);
  return is_integral;
#else
  (void)L;
  return false;
#endif
}


/* Pushes the replacement for the value on top. False: nothing is pushed, and the
** value stays. [-0, +(0|1), -] */
static bool push_tidied (lua_State *L) {
  if (lua_type(L, -1) == LUA_TNUMBER) return push_integer(L);
  if (lua_type(L, -1) != LUA_TLIGHTUSERDATA || lua_touserdata(L, -1) != NULL)
    return false;
  lua_pushnil(L);
  return true;
}


/* Tidies the table on top of the stack. [-0, +0, e] */
static void tidy_table (lua_State *L, int depth) {
  const int table = lua_gettop(L);
  if (depth > MAX_DEPTH) luaL_error(L, "nested deeper than %d", MAX_DEPTH);
  luaL_checkstack(L, 4, "nested too deep");
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (lua_istable(L, -1))
      tidy_table(L, depth + 1);
    else if (push_tidied(L)) {
      lua_pushvalue(L, -3);
      lua_insert(L, -2);
      lua_rawset(L, table);
    }
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
