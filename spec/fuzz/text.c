/* Fuzzes foreign text: escaping, cutting, and reading it from a file. */
#include <fcntl.h>
#include <lauxlib.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz.h"
#include "system/printable.h"
#include "modules/text.h"

static lua_State *L;
static char path[64];


static void write_file (const char *bytes, size_t length) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || close(fd) != 0) abort();
}


static void remove_file (void) {
  (void)unlink(path);
}


static void call (lua_CFunction function, const char *bytes, size_t length, lua_Integer most) {
  lua_settop(L, 0);
  lua_pushcfunction(L, function);
  lua_pushlstring(L, bytes, length);
  lua_pushinteger(L, most);
  if (lua_pcall(L, 2, LUA_MULTRET, 0) != LUA_OK) abort();
}


/* Checks that printable text has no control character, and is not changed by a second call. */
static void check_printable (const char *bytes, size_t length) {
  const char *text;
  char *copy;
  size_t size, i;
  call(mde_printable, bytes, length, 0);
  text = lua_tolstring(L, 1, &size);
  for (i = 0; i < size; i++)
    if ((unsigned char)text[i] < ' ' || text[i] == 0x7F) abort();
  copy = (char *)malloc(size);
  if (size > 0) memcpy(copy, text, size);
  call(mde_printable, copy, size, 0);
  if (lua_rawlen(L, 1) != size || memcmp(lua_tostring(L, 1), copy, size) != 0) abort();
  free(copy);
  call(mde_printable_json, bytes, length, 0);
}


int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  const lua_Integer most = fuzz_byte(&data, &size);
  size_t length;
  char *bytes = fuzz_take(&data, &size, size, &length);
  if (L == NULL) {
    L = luaL_newstate();
    (void)snprintf(path, sizeof path, "/dev/shm/mde-fuzz-%d", (int)getpid());
    (void)atexit(remove_file);
  }
  check_printable(bytes, length);
  if (length % 64 == 0) {  /* a file costs a hundred times as much */
    write_file(bytes, length);
    call(mde_file_text, path, strlen(path), most);
    if (lua_isstring(L, 1) != ((lua_Integer)length <= most)) abort();
  }
  free(bytes);
  return 0;
}
