/* Makes errors: shared by the files of the binding. */
#include "bind.h"


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
