/* Finds what is not UTF-8 in a text. */
#include "utf8.h"


/* The size of the UTF-8 character that begins with this byte; 0: it begins none. */
static size_t size_of (unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xC0) return 0;
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  return first < 0xF8 ? 4 : 0;
}


/* The size of the UTF-8 character at `s`; 0 if it is malformed, a surrogate,
** longer than necessary, or NUL. */
static size_t character (const unsigned char *s, size_t left) {
  static const unsigned long least[] = { 0, 1, 0x80, 0x800, 0x10000 };
  const size_t size = size_of(s[0]);
  unsigned long code;
  size_t i;
  if (size == 0 || size > left) return 0;
  code = size == 1 ? s[0] : s[0] & (0xFFUL >> (size + 1));
  for (i = 1; i < size; i++) {
    if ((s[i] & 0xC0) != 0x80) return 0;
    code = code << 6 | (s[i] & 0x3F);
  }
  if (code < least[size] || code > 0x10FFFF) return 0;
  return code >= 0xD800 && code <= 0xDFFF ? 0 : size;
}


size_t mde_utf8_span (const char *text, size_t length) {
  const unsigned char *s = (const unsigned char *)text;
  size_t at = 0, size = 1;
  while (at < length && size > 0) {
    size = s[at] > 0 && s[at] < 0x80 ? 1 : character(s + at, length - at);
    at += size;
  }
  return at;
}
