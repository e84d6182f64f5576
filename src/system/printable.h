/* Makes foreign text safe to print, on one line.
**
** Text of the service, a policy, a file name or a message may contain characters that a terminal
** executes, that reverse or break a line, or that readers cannot see. Each is replaced by an
** escape, so that a reader sees all of the text.
*/
#ifndef MDE_HOST_PRINTABLE_H
#define MDE_HOST_PRINTABLE_H

#include <stddef.h>
#include <stdint.h>

#include <lua.h>

/* Decodes the UTF-8 character at `text`, where `left` > 0 bytes remain. Returns its length in
** bytes, or 0 if it is not well-formed (RFC 3629). */
size_t mde_utf8_decode (const char *text, size_t left, uint32_t *code);

/* terminal.printable(text) -> the text with escapes such as \n, \x1b and \u{202e}. Printable
** text is not changed. */
int mde_printable (lua_State *L);

/* terminal.printable_json(text) -> equivalent JSON text, with hidden characters escaped and
** U+FFFD in place of bytes that are not UTF-8. */
int mde_printable_json (lua_State *L);

#endif
