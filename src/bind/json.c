/* core.decode_json(text) -> table, true if it has a link to a next page (or a null link) | nil
**
** Reads an answer of the service: an object or array with nothing but white space around it. Null
** is absent, and integral numbers are integers where Lua has them. Tables get their size from
** their neighbours in a list, and strings are copied once, which lua-cjson cannot do.
*/
#include <stdbool.h>
#include <string.h>

#include "bind.h"

#define MAX_DEPTH 64     /* of arrays and objects */
#define MAX_DIGITS 15    /* of a number that is exact in every Lua */
#define LINK "@odata.nextLink"
#define FIELDS 24        /* that an action has */

typedef struct reader {
  lua_State *L;
  const char *at;             /* the text ends with a NUL, which no value contains */
  int depth;
  int fields[MAX_DEPTH + 1];  /* of the last object at each depth */
  bool has_link;
} reader;

static bool read_value (reader *self);


static void skip_blanks (reader *self) {
  while (*self->at == ' ' || *self->at == '\n' || *self->at == '\r' || *self->at == '\t')
    self->at++;
}


/* Skips blanks and this character, if it is next. */
static bool accept (reader *self, char c) {
  skip_blanks(self);
  if (*self->at != c) return false;
  self->at++;
  return true;
}


/* {{ Strings */

/* The value of four hexadecimal digits, or -1. */
static long read_hex (reader *self) {
  long value = 0;
  int i;
  for (i = 0; i < 4; i++) {
    const char c = *self->at;
    if (c >= '0' && c <= '9') value = value * 16 + (c - '0');
    else if (c >= 'a' && c <= 'f') value = value * 16 + (c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') value = value * 16 + (c - 'A' + 10);
    else return -1;
    self->at++;
  }
  return value;
}


static void add_utf8 (luaL_Buffer *buffer, long code) {
  if (code < 0x80)
    luaL_addchar(buffer, (char)code);
  else {
    if (code < 0x800)
      luaL_addchar(buffer, (char)(0xC0 | (code >> 6)));
    else {
      if (code < 0x10000)
        luaL_addchar(buffer, (char)(0xE0 | (code >> 12)));
      else {
        luaL_addchar(buffer, (char)(0xF0 | (code >> 18)));
        luaL_addchar(buffer, (char)(0x80 | ((code >> 12) & 0x3F)));
      }
      luaL_addchar(buffer, (char)(0x80 | ((code >> 6) & 0x3F)));
    }
    luaL_addchar(buffer, (char)(0x80 | (code & 0x3F)));
  }
}


/* Reads a code point after "\u". A surrogate is half of a pair. */
static bool read_code (reader *self, luaL_Buffer *buffer) {
  long code = read_hex(self), low;
  if (code < 0 || (code >= 0xDC00 && code <= 0xDFFF)) return false;
  if (code >= 0xD800 && code <= 0xDBFF) {
    if (self->at[0] != '\\' || self->at[1] != 'u') return false;
    self->at += 2;
    low = read_hex(self);
    if (low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  add_utf8(buffer, code);
  return true;
}


/* Reads the character after a backslash. */
static bool read_escape (reader *self, luaL_Buffer *buffer) {
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  const char c = *self->at;
  const char *name;
  if (c == '\0') return false;
  self->at++;
  if (c == 'u') return read_code(self, buffer);
  name = strchr(names, c);
  if (name == NULL) return false;
  luaL_addchar(buffer, values[name - names]);
  return true;
}


/* The end of the characters that stand for themselves. */
static const char *plain_end (const char *at) {
  while (*at != '"' && *at != '\\' && *at != '\0') at++;
  return at;
}


/* Pushes a string, of which the plain beginning until `end` is known. [-0, +1, m] */
static bool read_escaped (reader *self, const char *end) {
  luaL_Buffer buffer;
  luaL_buffinit(self->L, &buffer);
  for (;;) {
    luaL_addlstring(&buffer, self->at, (size_t)(end - self->at));
    self->at = end;
    if (*end == '\0') break;
    self->at++;
    if (*end == '"' || !read_escape(self, &buffer)) break;
    end = plain_end(self->at);
  }
  luaL_pushresult(&buffer);
  return *end == '"';
}


/* After the quote. [-0, +1, m] */
static bool read_string (reader *self) {
  const char *end = plain_end(self->at);
  if (*end != '"') return read_escaped(self, end);
  lua_pushlstring(self->L, self->at, (size_t)(end - self->at));
  self->at = end + 1;
  return true;
}

/* }} */


/* {{ Numbers */

static const char *skip_digits (const char *at) {
  while (*at >= '0' && *at <= '9') at++;
  return at;
}


/* The end of the fraction and the exponent at `at`, if there are any. NULL: they are malformed. */
static const char *skip_fraction (const char *at) {
  if (*at == '.') {
    if (skip_digits(at + 1) == at + 1) return NULL;
    at = skip_digits(at + 1);
  }
  if (*at == 'e' || *at == 'E') {
    at++;
    if (*at == '+' || *at == '-') at++;
    return skip_digits(at) == at ? NULL : skip_digits(at);
  }
  return at;
}


/* Pushes a number of a few digits. [-0, +1, -] */
static void push_whole (lua_State *L, const char *digits, const char *end, bool is_negative) {
  lua_Integer value = 0;
  for (; digits < end; digits++) value = value * 10 + (*digits - '0');
  lua_pushinteger(L, is_negative ? -value : value);
}


/* Pushes any other number, as Lua reads it. [-0, +(0|1), m] */
static bool push_number (lua_State *L, const char *text, size_t length) {
  lua_Number number;
  lua_pushlstring(L, text, length);
  if (!lua_isnumber(L, -1)) return false;
  number = lua_tonumber(L, -1);
  lua_pop(L, 1);
#if MDE_HAS_INTEGERS
  {
    lua_Integer integer;
    if (lua_numbertointeger(number, &integer) && (lua_Number)integer == number) {
      lua_pushinteger(L, integer);
      return true;
    }
  }
#endif
  lua_pushnumber(L, number);
  return true;
}


static bool read_number (reader *self) {
  const char *const start = self->at;
  const bool is_negative = *start == '-';
  const char *const digits = start + is_negative;
  const char *const whole = skip_digits(digits);
  const char *const end = skip_fraction(whole);
  if (whole == digits || end == NULL || (*digits == '0' && whole > digits + 1)) return false;
  self->at = end;
  if (end > whole || whole - digits > MAX_DIGITS || sizeof(lua_Integer) < 8)
    return push_number(self->L, start, (size_t)(end - start));
  push_whole(self->L, digits, whole, is_negative);
  return true;
}

/* }} */


/* {{ Arrays and objects */

static bool read_array (reader *self) {
  int count = 0;
  lua_newtable(self->L);
  if (accept(self, ']')) return true;
  do {
    if (!read_value(self)) return false;
    count++;
    if (lua_isnil(self->L, -1))
      lua_pop(self->L, 1);
    else
      lua_rawseti(self->L, -2, count);
  } while (accept(self, ','));
  return accept(self, ']');
}


/* Sets a field whose key and value are on top. Of a repeated key the last value holds.
** [-2, +0, m] */
static void set_field (reader *self) {
  lua_State *L = self->L;
  if (lua_isnil(L, -1)) {
    const char *key = lua_tostring(L, -2);
    if (self->depth == 1 && strcmp(key, LINK) == 0) self->has_link = true;
    lua_pushvalue(L, -2);
    lua_rawget(L, -4);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 3);
      return;
    }
    lua_pop(L, 1);
  }
  lua_rawset(L, -3);
}


static bool read_object (reader *self) {
  int *const fields = &self->fields[self->depth], count = 0;
  lua_createtable(self->L, 0, *fields);
  if (accept(self, '}')) return true;
  do {
    if (!accept(self, '"') || !read_string(self) || !accept(self, ':') || !read_value(self))
      return false;
    set_field(self);
    count++;
  } while (accept(self, ','));
  *fields = count;
  return accept(self, '}');
}

/* }} */


static bool read_word (reader *self, const char *word, size_t length) {
  if (strncmp(self->at, word, length) != 0) return false;
  self->at += length;
  return true;
}


static bool read_nested (reader *self, bool (*read) (reader *)) {
  bool good;
  if (self->depth == MAX_DEPTH) return false;
  self->at++;
  self->depth++;
  good = read(self);
  self->depth--;
  return good;
}


/* False: the text is not JSON, and more values may be on the stack. [-0, +1, m] */
static bool read_value (reader *self) {
  skip_blanks(self);
  switch (*self->at) {
    case '{': return read_nested(self, read_object);
    case '[': return read_nested(self, read_array);
    case '"':
      self->at++;
      return read_string(self);
    case 'n':
      lua_pushnil(self->L);
      return read_word(self, "null", 4);
    case 't':
      lua_pushboolean(self->L, 1);
      return read_word(self, "true", 4);
    case 'f':
      lua_pushboolean(self->L, 0);
      return read_word(self, "false", 5);
    default: return read_number(self);
  }
}


static int decode (lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  reader self = { .L = L, .at = text, .fields = { 0, FIELDS } };
  luaL_checkstack(L, 3 * MAX_DEPTH + LUA_MINSTACK, "nested too deep");
  skip_blanks(&self);
  if ((*self.at != '{' && *self.at != '[') || !read_value(&self)) return 0;
  skip_blanks(&self);
  if (self.at != text + length) return 0;
  if (!self.has_link) {
    lua_pushliteral(L, LINK);
    lua_rawget(L, -2);
    self.has_link = !lua_isnil(L, -1);
    lua_pop(L, 1);
  }
  lua_pushboolean(L, self.has_link);
  return 2;
}


void mde_open_json (lua_State *L) {
  lua_pushcfunction(L, decode);
}
