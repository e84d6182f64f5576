/* Escapes characters that a terminal executes or that readers cannot see. */
#include <stdbool.h>
#include <stdio.h>

#include <lauxlib.h>

#include "printable.h"


size_t mde_utf8_decode (const char *text, size_t left, uint32_t *code) {
  static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  unsigned char first = (unsigned char)text[0];
  size_t length = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2
                : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 0;
  size_t i;
  if (length == 0 || length > left) return 0;
  *code = length == 1 ? first : first & (0x7Fu >> length);
  for (i = 1; i < length; i++) {
    unsigned char next = (unsigned char)text[i];
    if ((next & 0xC0) != 0x80) return 0;
    *code = *code << 6 | (next & 0x3F);
  }
  if (*code < least[length] || *code > 0x10FFFF) return 0;
  return *code >= 0xD800 && *code <= 0xDFFF ? 0 : length;
}


/* Ranges of characters that are escaped, in order: C0, DEL, C1, line and paragraph separators,
** interlinear annotations, and everything that Unicode 15 calls default ignorable
** (DerivedCoreProperties.txt), such as the controls of the bidirectional algorithm, joiners,
** fillers, variation selectors and tags. */
static const struct { uint32_t first, last; } hidden[] = {
  { 0x0000, 0x001F }, { 0x007F, 0x009F }, { 0x00AD, 0x00AD }, { 0x034F, 0x034F },
  { 0x061C, 0x061C }, { 0x115F, 0x1160 }, { 0x17B4, 0x17B5 }, { 0x180B, 0x180F },
  { 0x200B, 0x200F }, { 0x2028, 0x202E }, { 0x2060, 0x206F }, { 0x3164, 0x3164 },
  { 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF }, { 0xFFA0, 0xFFA0 }, { 0xFFF0, 0xFFFB },
  { 0x1BCA0, 0x1BCA3 }, { 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF }
};


static bool is_hidden (uint32_t code) {
  size_t i;
  if (code >= 0x20 && code < 0x7F) return false;
  for (i = 0; i < sizeof hidden / sizeof hidden[0] && code >= hidden[i].first; i++)
    if (code <= hidden[i].last) return true;
  return false;
}


/* Adds an escape for a hidden character, or, if `length` is 0, for a byte that is not UTF-8. */
static void add_escaped (luaL_Buffer *buffer, uint32_t code, size_t length) {
  char escape[16];
  switch (code) {
    case '\n': luaL_addstring(buffer, "\\n"); return;
    case '\r': luaL_addstring(buffer, "\\r"); return;
    case '\t': luaL_addstring(buffer, "\\t"); return;
    default: break;
  }
  snprintf(escape, sizeof escape, length < 2 ? "\\x%02x" : "\\u{%x}", (unsigned)code);
  luaL_addstring(buffer, escape);
}


/* The same for JSON text, where C0 is escaped already. JSON cannot escape a byte that is not
** UTF-8, so U+FFFD replaces it. */
static void add_json_escaped (luaL_Buffer *buffer, uint32_t code, size_t length) {
  char escape[16];
  if (length == 0) code = 0xFFFD;
  if (code < 0x10000)
    snprintf(escape, sizeof escape, "\\u%04x", (unsigned)code);
  else
    snprintf(escape, sizeof escape, "\\u%04x\\u%04x", 0xD800u + (unsigned)((code - 0x10000) >> 10),
             0xDC00u + (unsigned)(code & 0x3FF));
  luaL_addstring(buffer, escape);
}


/* Copies the string at 1, and calls `add` for everything that must be escaped. */
static int escape (lua_State *L, void (*add) (luaL_Buffer *, uint32_t, size_t)) {
  size_t left, length;
  const char *text = luaL_checklstring(L, 1, &left);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  while (left > 0) {
    uint32_t code = 0;
    length = mde_utf8_decode(text, left, &code);
    if (length == 0)
      add(&buffer, (unsigned char)text[0], 0);
    else if (is_hidden(code))
      add(&buffer, code, length);
    else
      luaL_addlstring(&buffer, text, length);
    if (length == 0) length = 1;
    text += length;
    left -= length;
  }
  luaL_pushresult(&buffer);
  return 1;
}


int mde_printable (lua_State *L) {
  return escape(L, add_escaped);
}


int mde_printable_json (lua_State *L) {
  return escape(L, add_json_escaped);
}
