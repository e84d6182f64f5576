/* Makes metatables and errors: shared by the files of the binding. */
#include "bind.h"


void mde_metatable (lua_State *L, const char *name, const luaL_Reg *metamethods,
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
}


int mde_push_error (lua_State *L, const mde_error *error) {
  lua_pushnil(L);
  lua_createtable(L, 0, 3);
  lua_pushstring(L, error->code);
  lua_setfield(L, -2, "code");
  lua_pushstring(L, error->message);
  lua_setfield(L, -2, "message");
  lua_pushboolean(L, error->sent);
  lua_setfield(L, -2, "sent");
  return 2;
}
