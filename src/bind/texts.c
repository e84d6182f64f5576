/* core.texts(...) -> the values, with text as databases take it: without NUL, and with U+FFFD for
** each byte that is not UTF-8. */
#include "bind.h"
#include "core/utf8.h"


/* [-0, +1, m] */
static void push_replaced (lua_State *L, const char *text, size_t length) {
  const char *const end = text + length;
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  while (text < end) {
    const size_t good = mde_utf8_span(text, (size_t)(end - text));
    luaL_addlstring(&buffer, text, good);
    text += good;
    if (text < end && *text++ != '\0') luaL_addstring(&buffer, "\xEF\xBF\xBD");
  }
  luaL_pushresult(&buffer);
}


static int texts (lua_State *L) {
  const int count = lua_gettop(L);
  int i;
  luaL_checkstack(L, LUA_MINSTACK, "too many values");
  for (i = 1; i <= count; i++) {
    const char *text;
    size_t length;
    if (lua_type(L, i) != LUA_TSTRING) continue;
    text = lua_tolstring(L, i, &length);
    if (mde_utf8_span(text, length) == length) continue;
    push_replaced(L, text, length);
    lua_replace(L, i);
  }
  return count;
}


void mde_open_texts (lua_State *L) {
  lua_pushcfunction(L, texts);
}
