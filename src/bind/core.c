/* Opens the module mde.core: the engine, the operations and the small functions in C.
**
** Functions raise on wrong use and if memory runs out. Any other failure is returned as
** `nil, err`.
*/
#include "bind.h"
#include "core/global.h"
#include "core/identifier.h"

#define EXPORT __attribute__((visibility("default")))


static int monotonic (lua_State *L) {
  lua_pushnumber(L, mde_clock_monotonic());
  return 1;
}


static int wall (lua_State *L) {
  lua_pushnumber(L, mde_clock_wall());
  return 1;
}


/* core.random_guid() -> a new GUID in lower case */
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
  mde_open_texts(L);
  lua_setfield(L, -2, "texts");
  mde_open_digest(L);
  lua_setfield(L, -4, "sha256");
  lua_setfield(L, -3, "digest");
  lua_setfield(L, -2, "hmac_sha256");
  return 1;
}
