/* Fuzzes the decoder of JSON. */
#include <lauxlib.h>

#include "bind/bind.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  static lua_State *L;
  if (L == NULL) {
    L = luaL_newstate();
    if (L == NULL) abort();
    mde_open_json(L);
  }
  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  lua_pushlstring(L, (const char *)data, size);
  if (lua_pcall(L, 1, LUA_MULTRET, 0) != LUA_OK) abort();
  if (lua_gettop(L) != 1 && (lua_gettop(L) != 3 || !lua_istable(L, 2))) abort();
  return 0;
}
