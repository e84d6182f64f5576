/* Compiles the text of a policy. */
#include <string.h>

#include "worker.h"


/* Returns the length of a byte order mark and of a first line that begins with #. Its newline is
** kept, so that lines keep their numbers. */
static size_t skip (const char *text, size_t size) {
  const char *end;
  size_t at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  if (at == size || text[at] != '#') return at;
  end = (const char *)memchr(text + at, '\n', size - at);
  return end == NULL ? size : (size_t)(end - text);
}


void mde_source_load (lua_State *L, const char *text, size_t size, const char *name) {
  size_t at = skip(text, size);
  if (size > MDE_SOURCE_MOST)
    luaL_error(L, "%s has more than %d KiB", name, MDE_SOURCE_MOST / 1024);
  if (at < size && text[at] == LUA_SIGNATURE[0])
    luaL_error(L, "%s is bytecode: expected Lua source text", name);
  lua_pushfstring(L, "@%s", name);
  if (luaL_loadbufferx(L, text + at, size - at, lua_tostring(L, -1), "t") != LUA_OK) lua_error(L);
  lua_remove(L, -2);
}
