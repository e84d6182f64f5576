/* Converts plain Lua values to bytes and back. */
#include "codec.h"

#include <lauxlib.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Each value begins with one of these letters, which tells the type of the bytes after it. */
enum { NIL = 'n', FALSE = 'f', TRUE = 't', INTEGER = 'i', NUMBER = 'd',
       SHORT = 's',     /* 1 byte length, bytes */
       LONG = 'S',      /* 4 bytes length, bytes */
       TABLE = 'T',     /* 4 bytes length of the list, 4 bytes number of pairs, the values */
       FUNCTION = 'F' };  /* 4 numbers of 4 bytes */

#define SLOTS (MDE_CODEC_DEEPEST * 4 + 8)  /* stack slots */

static bool write_value (lua_State *L, mde_writer *writer, int depth, uint32_t place);
static bool read_value (lua_State *L, mde_reader *reader, int depth);


static bool fail (mde_writer *writer, const char *problem) {
  writer->problem = problem;
  return false;
}


static bool put (mde_writer *writer, char type, const void *bytes, size_t size) {
  if (mde_frames_add(writer->buffer, &type, 1) && mde_frames_add(writer->buffer, bytes, size))
    return true;
  return fail(writer, "is too large");
}


/* Prepends the key at `index` to the path of the value that could not be written. */
static void prepend (lua_State *L, int index, mde_writer *writer) {
  char rest[sizeof writer->path];
  const char *dot = writer->path[0] == '\0' || writer->path[0] == '[' ? "" : ".";
  memcpy(rest, writer->path, sizeof rest);
  if (lua_isinteger(L, index))
    snprintf(writer->path, sizeof writer->path, "[%lld]%s%.120s",
             (long long)lua_tointeger(L, index), dot, rest);
  else if (lua_type(L, index) == LUA_TSTRING)
    snprintf(writer->path, sizeof writer->path, "%.32s%s%.120s", lua_tostring(L, index), dot,
             rest);
}


static bool write_string (lua_State *L, mde_writer *writer) {
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  unsigned char head = (unsigned char)length;
  uint32_t size = (uint32_t)length;
  if (length > MDE_FRAME_MOST) return fail(writer, "is too large");
  if (length <= UCHAR_MAX ? put(writer, SHORT, &head, 1) : put(writer, LONG, &size, sizeof size))
    return mde_frames_add(writer->buffer, text, length) || fail(writer, "is too large");
  return false;
}


static bool write_number (lua_State *L, mde_writer *writer) {
  lua_Integer integer = lua_tointeger(L, -1);
  lua_Number number = lua_tonumber(L, -1);
  if (lua_isinteger(L, -1)) return put(writer, INTEGER, &integer, sizeof integer);
  if (!isfinite(number)) return fail(writer, "is not a finite number");
  return put(writer, NUMBER, &number, sizeof number);
}


static bool write_function (lua_State *L, mde_writer *writer, uint32_t place) {
  lua_Debug about;
  uint32_t numbers[4];
  lua_pushvalue(L, -1);
  lua_getinfo(L, ">Su", &about);
  if (about.what[0] == 'C') return fail(writer, "is a built-in function of Lua");
  numbers[0] = (uint32_t)about.linedefined;
  numbers[1] = (uint32_t)about.lastlinedefined;
  numbers[2] = about.nparams;
  numbers[3] = place;
  return put(writer, FUNCTION, numbers, sizeof numbers);
}


/* Writes the first `listed` values of the table on the top. */
static bool write_list (lua_State *L, mde_writer *writer, int depth, uint32_t listed) {
  uint32_t i;
  bool written = true;
  for (i = 1; written && i <= listed; i++) {
    lua_pushinteger(L, i);
    lua_rawgeti(L, -2, i);
    written = write_value(L, writer, depth, i);
    if (!written) prepend(L, -2, writer);
    lua_pop(L, 2);
  }
  return written;
}


static bool is_listed (lua_State *L, int index, uint32_t listed) {
  return listed > 0 && lua_isinteger(L, index) && lua_tointeger(L, index) >= 1 &&
         lua_tointeger(L, index) <= (lua_Integer)listed;
}


/* Writes the pair on the top: key, value. */
static bool write_pair (lua_State *L, mde_writer *writer, int depth) {
  bool written;
  if (lua_type(L, -2) != LUA_TSTRING && !lua_isinteger(L, -2))
    return fail(writer, "has a key that is neither text nor an integer");
  lua_pushvalue(L, -2);
  written = write_value(L, writer, depth, 1);
  writer->values--;  /* a key does not count */
  lua_pop(L, 1);
  if (written && !write_value(L, writer, depth, 1)) {
    prepend(L, -2, writer);
    written = false;
  }
  return written;
}


/* Writes all other pairs of the table on the top, and stores their number in `pairs`. */
static bool write_pairs (lua_State *L, mde_writer *writer, int depth, uint32_t listed,
                         uint32_t *pairs) {
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    if (!is_listed(L, -2, listed)) {
      if (!write_pair(L, writer, depth)) {
        lua_pop(L, 2);
        return false;
      }
      ++*pairs;
    }
    lua_pop(L, 1);
  }
  return true;
}


static bool write_table (lua_State *L, mde_writer *writer, int depth) {
  lua_Unsigned length = lua_rawlen(L, -1);
  size_t start = writer->buffer->size;
  uint32_t counts[2] = { (uint32_t)length, 0 };
  if (depth == MDE_CODEC_DEEPEST) return fail(writer, "is nested too deep");
  if (length > MDE_CODEC_MOST) return fail(writer, "has too many values");
  if (writer->policy && lua_getmetatable(L, -1)) {
    lua_pop(L, 1);
    return fail(writer, "has a metatable");
  }
  if (!put(writer, TABLE, counts, sizeof counts) ||
      !write_list(L, writer, depth + 1, counts[0]) ||
      !write_pairs(L, writer, depth + 1, counts[0], &counts[1]))
    return false;
  memcpy(writer->buffer->data + start + 1, counts, sizeof counts);
  return true;
}


/* Writes the value on the top. */
static bool write_value (lua_State *L, mde_writer *writer, int depth, uint32_t place) {
  if (++writer->values > MDE_CODEC_MOST) return fail(writer, "has too many values");
  switch (lua_type(L, -1)) {
    case LUA_TNIL: return put(writer, NIL, NULL, 0);
    case LUA_TBOOLEAN: return put(writer, lua_toboolean(L, -1) ? TRUE : FALSE, NULL, 0);
    case LUA_TNUMBER: return write_number(L, writer);
    case LUA_TSTRING: return write_string(L, writer);
    case LUA_TTABLE: return write_table(L, writer, depth);
    case LUA_TFUNCTION:
      if (writer->policy) return write_function(L, writer, place);
      return fail(writer, "is a function");
    default: return fail(writer, "is neither text, number, boolean nor table");
  }
}


bool mde_codec_write (lua_State *L, int index, mde_writer *writer) {
  bool written;
  if (!lua_checkstack(L, SLOTS)) return fail(writer, "is written too deep in the stack");
  lua_pushvalue(L, index);
  written = write_value(L, writer, 0, 1);
  lua_pop(L, 1);
  return written;
}


static bool get (mde_reader *reader, void *bytes, size_t size) {
  if ((size_t)(reader->end - reader->at) < size) return false;
  memcpy(bytes, reader->at, size);
  reader->at += size;
  return true;
}


static bool read_bytes (lua_State *L, mde_reader *reader, size_t size) {
  if ((size_t)(reader->end - reader->at) < size) return false;
  lua_pushlstring(L, reader->at, size);
  reader->at += size;
  return true;
}


static bool read_number (lua_State *L, mde_reader *reader, char type) {
  lua_Integer integer;
  lua_Number number;
  if (type == INTEGER) {
    if (!get(reader, &integer, sizeof integer)) return false;
    lua_pushinteger(L, integer);
    return true;
  }
  if (!get(reader, &number, sizeof number) || !isfinite(number)) return false;
  lua_pushnumber(L, number);
  return true;
}


static bool read_function (lua_State *L, mde_reader *reader) {
  static const char *const names[] = { "line", "last", "parameters", "index" };
  uint32_t numbers[4];
  int i;
  if (!get(reader, numbers, sizeof numbers)) return false;
  lua_createtable(L, 0, 5);
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, "function");
  for (i = 0; i < 4; i++) {
    lua_pushinteger(L, numbers[i]);
    lua_setfield(L, -2, names[i]);
  }
  return true;
}


static bool read_pair (lua_State *L, mde_reader *reader, int depth) {
  if (!read_value(L, reader, depth)) return false;
  if (lua_type(L, -1) != LUA_TSTRING && !lua_isinteger(L, -1)) return false;
  reader->values--;
  if (!read_value(L, reader, depth)) return false;
  lua_rawset(L, -3);
  return true;
}


/* A value has at least one byte, which bounds the size of the table by the bytes that remain. */
static bool read_table (lua_State *L, mde_reader *reader, int depth) {
  uint32_t counts[2], i;
  size_t left;
  if (depth == MDE_CODEC_DEEPEST || !get(reader, counts, sizeof counts)) return false;
  left = (size_t)(reader->end - reader->at);
  if (counts[0] > MDE_CODEC_MOST || counts[1] > MDE_CODEC_MOST ||
      (size_t)counts[0] + 2 * (size_t)counts[1] > left)
    return false;
  lua_createtable(L, (int)counts[0], (int)counts[1]);
  for (i = 1; i <= counts[0]; i++) {
    if (!read_value(L, reader, depth + 1)) return false;
    lua_rawseti(L, -2, i);
  }
  for (i = 0; i < counts[1]; i++)
    if (!read_pair(L, reader, depth + 1)) return false;
  return true;
}


static bool read_value (lua_State *L, mde_reader *reader, int depth) {
  unsigned char length;
  uint32_t size;
  char type;
  if (++reader->values > MDE_CODEC_MOST || !get(reader, &type, 1)) return false;
  switch (type) {
    case NIL: lua_pushnil(L); return true;
    case FALSE: case TRUE: lua_pushboolean(L, type == TRUE); return true;
    case INTEGER: case NUMBER: return read_number(L, reader, type);
    case SHORT: return get(reader, &length, 1) && read_bytes(L, reader, length);
    case LONG: return get(reader, &size, sizeof size) && read_bytes(L, reader, size);
    case TABLE: return read_table(L, reader, depth);
    case FUNCTION: return read_function(L, reader);
    default: return false;
  }
}


bool mde_codec_read (lua_State *L, mde_reader *reader) {
  luaL_checkstack(L, SLOTS, NULL);
  return read_value(L, reader, 0);
}
