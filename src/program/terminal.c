/* The module mde.terminal: text widths, and questions at the terminal.
**
** Widths are in columns, from the C library's wcwidth.
*/
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "program.h"
#include "system/printable.h"
#include "system/write.h"

#define ANSWER 255  /* most bytes of an answer; the rest is dropped */


/* Returns the number of bytes of printable text that fit into `columns`; stores the columns that
** these take in `used`. */
static size_t fit (const char *text, size_t size, lua_Integer columns, lua_Integer *used) {
  size_t at = 0;
  *used = 0;
  while (at < size) {
    uint32_t code = 0;
    size_t length = mde_utf8_decode(text + at, size - at, &code);
    int width = length == 0 ? 1 : wcwidth((wchar_t)code);
    if (width < 0) width = 1;
    if (*used + width > columns) break;
    *used += width;
    at += length == 0 ? 1 : length;
  }
  return at;
}


/* terminal.columns(text) -> width of printable text in columns */
static int columns (lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  lua_Integer used;
  fit(text, size, LUA_MAXINTEGER - 2, &used);
  lua_pushinteger(L, used);
  return 1;
}


/* terminal.cut(text, columns) -> printable text of at most `columns` columns; ends in "…" if it
** was cut */
static int cut (lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  lua_Integer limit = luaL_checkinteger(L, 2), used;
  if (fit(text, size, limit, &used) == size) {
    lua_settop(L, 1);
    return 1;
  }
  lua_pushlstring(L, text, fit(text, size, limit - 1, &used));
  lua_pushliteral(L, "\u2026");
  lua_concat(L, 2);
  return 1;
}


/* terminal.is_terminal(fd) -> boolean */
static int is_terminal (lua_State *L) {
  lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
  return 1;
}


/* terminal.width(fd) -> columns of the terminal | nil if it is none */
static int width (lua_State *L) {
  struct winsize size;
  if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    lua_pushnil(L);
  else
    lua_pushinteger(L, size.ws_col);
  return 1;
}


/* terminal.flush() -> true | nil, message, errno. Flushes standard output and reports if all
** output so far was written. Of an earlier failure the cause is lost, except that the reader has
** closed the pipe. */
static int flush (lua_State *L) {
  struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };
  if (fflush(stdout) != 0) return luaL_fileresult(L, 0, NULL);
  if (!ferror(stdout)) return luaL_fileresult(L, 1, NULL);
  errno = poll(&output, 1, 0) == 1 && (output.revents & POLLERR) ? EPIPE : EIO;
  return luaL_fileresult(L, 0, NULL);
}


/* Reads a line without its newline, waiting up to `milliseconds` for its first byte: the terminal
** gives whole lines. Returns false with errno 0 at the end of input, ETIMEDOUT or EINTR if there is
** no line yet. */
static bool read_line (int fd, int milliseconds, char line[ANSWER + 1]) {
  struct pollfd ready = { fd, POLLIN, 0 };
  size_t size = 0;
  for (;;) {
    char byte;
    const int found = poll(&ready, 1, size == 0 ? milliseconds : -1);
    if (found == 0) errno = ETIMEDOUT;
    if (found <= 0 || read(fd, &byte, 1) <= 0) return false;
    if (byte == '\n') break;
    if (size < ANSWER) line[size++] = byte;
  }
  line[size] = '\0';
  return true;
}


/* terminal.ask(question, seconds) -> line (empty at the end of input) | false: no answer within this
** time, or a signal came | nil, message. Asks at the terminal itself, regardless of redirection.
** Discards input typed before the question. Without a question, waits again for the answer. */
static int ask (lua_State *L) {
  size_t size;
  const char *question = luaL_optlstring(L, 1, NULL, &size);
  const int milliseconds = (int)(luaL_checknumber(L, 2) * 1000);
  char line[ANSWER + 1] = "";
  bool answered;
  int number;
  int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return luaL_fileresult(L, 0, "/dev/tty");
  if (question != NULL) tcflush(fd, TCIFLUSH);
  errno = 0;
  answered = (question == NULL || mde_write_all(fd, question, size))
             && read_line(fd, milliseconds, line);
  number = answered ? 0 : errno;
  if (!answered && number == 0) mde_write_all(fd, "\n", 1);
  close(fd);
  if (number == ETIMEDOUT || number == EINTR) {
    lua_pushboolean(L, 0);
    return 1;
  }
  errno = number;
  if (number != 0) return luaL_fileresult(L, 0, "/dev/tty");
  lua_pushstring(L, line);
  return 1;
}


int mde_host_open_terminal (lua_State *L) {
  static const luaL_Reg functions[] = {
    { "printable", mde_printable },
    { "printable_json", mde_printable_json },
    { "columns", columns },
    { "cut", cut },
    { "is_terminal", is_terminal },
    { "width", width },
    { "ask", ask },
    { "flush", flush },
    { NULL, NULL }
  };
  luaL_newlib(L, functions);
  return 1;
}
