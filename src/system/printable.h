/* Makes the text of strangers safe to print: the service, a policy, a file name or a
** message may hold characters that a terminal executes, that turn a line round, that begin
** a new one, or that no reader sees. Each is replaced by an escape, so that a reader sees all
** of the text, on one line.
*/
#ifndef MDE_HOST_PRINTABLE_H
#define MDE_HOST_PRINTABLE_H

#include <stddef.h>
#include <stdint.h>

#include <lua.h>

/* Reads the UTF-8 character at `text`, of which `left` > 0 bytes are there. Returns how many
** bytes it has, or 0 if they are not well-formed (RFC 3629). */
size_t mde_utf8_decode (const char *text, size_t left, uint32_t *code);

/* terminal.printable(text) -> the text with escapes such as \n, \x1b and \u{202e}. A
** printable text stays as it is. */
int mde_printable (lua_State *L);

/* terminal.printable_json(text) -> JSON text that means the same, with hidden characters
** escaped and U+FFFD in place of bytes that are not UTF-8. */
int mde_printable_json (lua_State *L);

#endif
