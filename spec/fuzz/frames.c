/* Fuzzes frames between program and worker, in both directions.
**
** A frame that one side reads, it can write again, and the other side reads the same.
*/
#include <lauxlib.h>

#include "fuzz.h"
#include "worker/codec.h"

#define ROOM ((size_t)4 << 20)

static lua_State *L;


/* Reads all values of a frame. Returns their number, or -1. */
static int read_all (const char *data, size_t size) {
  mde_reader reader = { data, data + size, 0 };
  int count = 0;
  while (reader.at < reader.end && count < 20) {
    if (!mde_codec_read(L, &reader)) return -1;
    count++;
  }
  return reader.at == reader.end ? count : -1;
}


static void write_again (int count, bool policy) {
  mde_frames buffer = { .most = ROOM };
  mde_writer writer = { .buffer = &buffer, .policy = policy };
  mde_frame frame;
  const int top = lua_gettop(L);
  bool written = mde_frame_begin(&buffer, 'A');
  int i;
  for (i = 1; written && i <= count; i++) written = mde_codec_write(L, i, &writer);
  if (written && mde_frame_end(&buffer, 0)) {
    if (mde_frame_find(buffer.data, buffer.size, &frame) != MDE_FRAME_WHOLE) abort();
    if (read_all(frame.data, frame.size) != count) abort();
    for (i = 1; i <= count; i++)
      if (lua_type(L, i) != lua_type(L, top + i)) abort();
  }
  free(buffer.data);
}


static int exchange (lua_State *state) {
  const char *at = (const char *)lua_touserdata(state, 1);
  size_t left = (size_t)lua_tointeger(state, 2);
  mde_frame frame;
  while (mde_frame_find(at, left, &frame) == MDE_FRAME_WHOLE) {
    int count;
    lua_settop(L, 0);
    count = read_all(frame.data, frame.size);
    if (count > 0) write_again(count, frame.kind % 2 == 1);
    at += MDE_FRAME_HEAD + frame.size;
    left -= MDE_FRAME_HEAD + frame.size;
  }
  return 0;
}


int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  size_t length;
  char *bytes = fuzz_take(&data, &size, size, &length);
  if (L == NULL) L = luaL_newstate();
  lua_settop(L, 0);
  lua_pushcfunction(L, exchange);
  lua_pushlightuserdata(L, bytes);
  lua_pushinteger(L, (lua_Integer)length);
  if (lua_pcall(L, 2, 0, 0) != LUA_OK) abort();
  free(bytes);
  return 0;
}
