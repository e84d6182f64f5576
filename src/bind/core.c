/* The module mde.core: the C half of mde, gathered.
**
** Raises only on wrong use and when memory is short; what the world does is
** `nil, err`.
*/
#include "bind.h"
#include "core/digest.h"
#include "core/global.h"

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


/* core.sha256(text) -> 64 hexadecimal digits in lower case */
static int sha256 (lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  char digest[MDE_SHA256_LENGTH + 1];
  if (!mde_sha256(text, length, digest))
    return luaL_error(L, "SHA-256 failed: not enough memory, or libcrypto does without it");
  lua_pushlstring(L, digest, MDE_SHA256_LENGTH);
  return 1;
}


EXPORT int luaopen_mde_core (lua_State *L);

EXPORT int luaopen_mde_core (lua_State *L) {
  static const luaL_Reg functions[] = {
    { "monotonic", monotonic },
    { "wall", wall },
    { "sha256", sha256 },
    { NULL, NULL }
  };
  luaL_newlib(L, functions);
  mde_open_secret(L);
  lua_setfield(L, -2, "secret");
  mde_open_engine(L);
  lua_setfield(L, -2, "engine");
  mde_open_operation(L);
  lua_setfield(L, -2, "operation");
  mde_open_entity(L);
  lua_setfield(L, -2, "tidy");
  return 1;
}
