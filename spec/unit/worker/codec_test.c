/* Tests that the codec reads its own output, and survives any other bytes. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>

#include "worker/codec.h"
#include "random.h"
#include "tap.h"

#define ROUNDS 100000


/* Pushes a value; tables of at most `depth` levels. */
static void push_value (lua_State *L, int depth) {
  char text[600];
  uint32_t count, i;
  switch (random_below(depth > 0 ? 8 : 6)) {
    case 0: lua_pushnil(L); break;
    case 1: lua_pushboolean(L, (int)random_below(2)); break;
    case 2: lua_pushinteger(L, (lua_Integer)random_below(UINT32_MAX) - 1000); break;
    case 3: lua_pushnumber(L, random_below(1000) / 7.0); break;
    case 4: case 5:
      memset(text, (int)random_below(256), sizeof text);
      lua_pushlstring(L, text, random_below(sizeof text));
      break;
    default:
      lua_newtable(L);
      count = random_below(6);
      for (i = 1; i <= count; i++) {
        if (random_below(2)) lua_pushinteger(L, i);
        else lua_pushfstring(L, "key%d", (int)i);
        push_value(L, depth - 1);
        lua_rawset(L, -3);
      }
  }
}


/* Returns true if the two values are deeply equal. */
static bool are_equal (lua_State *L, int a, int b) {
  bool equal = lua_rawequal(L, a, b);
  int pass;
  if (equal || lua_type(L, a) != LUA_TTABLE || lua_type(L, b) != LUA_TTABLE)
    return equal && lua_isinteger(L, a) == lua_isinteger(L, b);
  equal = true;
  luaL_checkstack(L, 8, NULL);
  for (pass = 0; pass < 2; pass++) {
    lua_pushnil(L);
    while (lua_next(L, pass == 0 ? a : b)) {
      lua_pushvalue(L, -2);
      lua_rawget(L, pass == 0 ? b : a);
      equal = are_equal(L, lua_gettop(L) - 1, lua_gettop(L)) && equal;
      lua_pop(L, 2);
    }
  }
  return equal;
}


/* Reads from a copy of exactly this size, so that a read beyond it is detected. */
static bool read_copy (lua_State *L, const char *data, size_t size, bool damage) {
  char *copy = (char *)malloc(size == 0 ? 1 : size);
  mde_reader reader;
  bool good;
  if (copy == NULL) abort();
  reader = (mde_reader){ copy, copy + size, 0 };
  memcpy(copy, data, size);
  if (damage) random_damage(copy, (uint32_t)size);
  good = mde_codec_read(L, &reader);
  free(copy);
  return good && (damage || reader.at == reader.end);
}


static void test_values (lua_State *L) {
  mde_frames buffer = { .most = MDE_FRAME_MOST };
  bool same = true, harmless = true;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    mde_writer writer = { .buffer = &buffer };
    lua_settop(L, 0);
    buffer.size = 0;
    push_value(L, MDE_CODEC_DEEPEST);
    same = same && mde_codec_write(L, 1, &writer) &&
           read_copy(L, buffer.data, buffer.size, false) && are_equal(L, 1, 2);
    lua_settop(L, 0);
    read_copy(L, buffer.data, buffer.size, true);
    harmless = harmless && lua_gettop(L) < 64;
    lua_settop(L, 0);
    read_copy(L, buffer.data, random_below((uint32_t)buffer.size + 1), false);
  }
  lua_settop(L, 0);
  check(same, "what is written is read again");
  check(harmless, "what is damaged or cut short is read without harm");
  free(buffer.data);
}


static void test_noise (lua_State *L) {
  static const char types[] = "nftidsSTFx";
  char bytes[256];
  uint32_t i, j;
  int most = 0;
  for (i = 0; i < ROUNDS; i++) {
    uint32_t size = random_below(sizeof bytes);
    for (j = 0; j < size; j++)
      bytes[j] = random_below(3) == 0 ? types[random_below(10)]
                                      : (char)random_below(i % 2 ? 256 : 3);
    read_copy(L, bytes, size, false);
    if (lua_gettop(L) > most) most = lua_gettop(L);
    lua_settop(L, 0);
  }
  check(most < 64, "noise is read without harm");
}


static void test_bounds (lua_State *L) {
  mde_frames buffer = { .most = 64 };
  mde_writer writer = { .buffer = &buffer, .policy = true };
  int i;
  if (luaL_dostring(L, "return { a = { b = { 'x', ('y'):rep(100) } } }") != LUA_OK) abort();
  check(!mde_codec_write(L, -1, &writer), "no more is written than there is room for");
  check_text(writer.path, "a.b[2]", "where it was too much is said");
  lua_newtable(L);
  for (i = 0; i < 100000; i++) {
    lua_newtable(L);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
  }
  buffer.most = MDE_FRAME_MOST;
  writer = (mde_writer){ .buffer = &buffer };
  check(!mde_codec_write(L, -1, &writer), "a table that is nested too deep is not written");
  check_text(writer.problem, "is nested too deep", "and that is why");
  lua_settop(L, 0);
  free(buffer.data);
}


int main (void) {
  lua_State *L = luaL_newstate();
  if (L == NULL) return 1;
  tap_begin();
  luaL_openlibs(L);
  test_values(L);
  test_noise(L);
  test_bounds(L);
  lua_close(L);
  return tap_end();
}
