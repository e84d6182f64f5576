/* The module mde.core: the C half of mde, gathered.
**
** Raises only on wrong use and when memory is short; what the world does is
** `nil, err`.
*/
#include "bind.h"
#include "core/global.h"
#include "core/identifier.h"

#define EXPORT __attribute__((visibility("default")))


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


static int monotonic (lua_State *L) {
  lua_pushnumber(L, mde_clock_monotonic());
  return 1;
}


static int wall (lua_State *L) {
  lua_pushnumber(L, mde_clock_wall());
  return 1;
}


/* core.random_guid() -> a new one, in lower case */
static int random_guid (lua_State *L) {
  char guid[MDE_GUID_LENGTH + 1];
  if (!mde_guid_new(guid)) return luaL_error(L, "libcrypto has no random numbers");
  lua_pushlstring(L, guid, MDE_GUID_LENGTH);
  return 1;
}


EXPORT int luaopen_mde_core (lua_State *L);

EXPORT int luaopen_mde_core (lua_State *L) {
  static const luaL_Reg functions[] = {
    { "monotonic", monotonic },
    { "wall", wall },
    { "random_guid", random_guid },
    { NULL, NULL }
  };
  mde_check_version(L);
  luaL_newlib(L, functions);
  mde_open_secret(L);
  lua_setfield(L, -2, "secret");
  mde_open_engine(L);
  lua_setfield(L, -2, "engine");
  mde_open_operation(L);
  lua_setfield(L, -2, "operation");
  mde_open_entity(L);
  lua_setfield(L, -2, "tidy");
  mde_open_certificate(L);
  lua_setfield(L, -2, "certificate");
  mde_open_digest(L);
  lua_setfield(L, -4, "sha256");
  lua_setfield(L, -3, "digest");
  lua_setfield(L, -2, "hmac_sha256");
  return 1;
}
