/* Secrets in Lua: `core.secret(text)`.
**
** The object prints as <secret> and compares by content. Only
** `secret:reveal()` returns its bytes, so that a search for that word finds every
** place that handles them.
*/
#include "bind.h"


static mde_secret **check_box (lua_State *L, int index) {
  return (mde_secret **)luaL_checkudata(L, index, MDE_SECRET);
}


const mde_secret *mde_test_secret (lua_State *L, int index) {
  mde_secret **box = (mde_secret **)luaL_testudata(L, index, MDE_SECRET);
  return box == NULL ? NULL : *box;
}


/* core.secret(text) -> secret. Raises an error if memory runs out. */
static int new_secret (lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  mde_secret **box = (mde_secret **)lua_newuserdata(L, sizeof *box);
  *box = NULL;
  luaL_getmetatable(L, MDE_SECRET);
  lua_setmetatable(L, -2);
  *box = mde_secret_new(text, length);
  if (*box == NULL) return luaL_error(L, "not enough memory");
  return 1;
}


/* secret:reveal() -> text */
static int reveal (lua_State *L) {
  mde_secret **box = check_box(L, 1);
  size_t length;
  const char *bytes;
  if (*box == NULL) return luaL_error(L, "the secret is gone");
  bytes = mde_secret_bytes(*box, &length);
  lua_pushlstring(L, bytes, length);
  return 1;
}


static int equal (lua_State *L) {
  const mde_secret *a = mde_test_secret(L, 1);
  const mde_secret *b = mde_test_secret(L, 2);
  lua_pushboolean(L, a != NULL && b != NULL && mde_secret_equal(a, b));
  return 1;
}


static int to_string (lua_State *L) {
  lua_pushliteral(L, "<secret>");
  return 1;
}


static int collect (lua_State *L) {
  mde_secret **box = check_box(L, 1);
  mde_secret *secret = *box;
  *box = NULL;
  mde_secret_free(secret);
  return 0;
}


void mde_open_secret (lua_State *L) {
  static const luaL_Reg metamethods[] = {
    { "__gc", collect },
    { "__eq", equal },
    { "__tostring", to_string },
    { NULL, NULL }
  };
  static const luaL_Reg methods[] = {
    { "reveal", reveal },
    { NULL, NULL }
  };
  mde_class(L, MDE_SECRET, metamethods, methods);
  lua_pushcfunction(L, new_secret);
}
