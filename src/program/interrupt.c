/* The module mde.interrupt: counts Ctrl-C and other requests to end.
**
** A program that does not watch is ended by SIGINT, SIGTERM and SIGHUP like any other. While it
** watches, the first two signals are counted, so that it can finish its work; the third ends it.
** SIGHUP counts with them, unless the program watches for it separately, as a request to read its
** files again.
*/
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"

#define INTERRUPTED 130  /* the exit status */
#define PATIENCE 2  /* signals that are only counted */
#define STORE_PATIENCE 2  /* seconds that a blocking call may last after a signal */
#define DESCRIPTORS 1024  /* the socket of a database is looked for below this number */
#define STRIDE 1000  /* instructions between two checks of the count in a coroutine */
#define GRACE 100000  /* instructions for cleaning up after a first interruption */
#define EVERY (LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT)

static volatile sig_atomic_t count;
static volatile sig_atomic_t latest;
static volatile sig_atomic_t reloads;    /* true if SIGHUP requests a reload */
static volatile sig_atomic_t to_reload;  /* true if it arrived since the last interrupt.reload */
static bool is_watching;  /* true between interrupt.watch and interrupt.release */
static volatile sig_atomic_t is_held;  /* true while Ctrl-C ends nothing: see hold */
static volatile sig_atomic_t is_blocking;  /* true while interrupt.blocking runs */
static volatile sig_atomic_t is_silent;  /* true if interrupt.bounded shut down a socket */
static volatile sig_atomic_t peer;  /* the socket of interrupt.bounded, or -1: it opens one */
static bool known[DESCRIPTORS];  /* the sockets that others opened before it */
static lua_State *volatile running;  /* the state inside interrupt.call, or NULL */
static lua_State *paused;  /* the same, while interrupt.leave runs */

static const int watched[] = { SIGINT, SIGTERM, SIGHUP };
#define WATCHED (sizeof watched / sizeof watched[0])


/* Raises "interrupted" in the running Lua code. Code that catches the first interruption has time
** to clean up; after a second one it has none. */
static void look (lua_State *L, lua_Debug *activation) {
  (void)activation;
  if (count == 0) return;
  lua_sethook(L, look, LUA_MASKCOUNT, count > 1 ? 1 : GRACE);
  luaL_error(L, "interrupted");
}


/* A blocking call did not end in time: the signal ends the program. */
static void on_alarm (int number) {
  (void)number;
  signal(latest, SIG_DFL);
  raise(latest);
}


static bool is_stream (int fd) {
  int type;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}


/* Returns the stream socket that is not known, or -1. */
static int opened (void) {
  int fd;
  for (fd = 0; fd < DESCRIPTORS; fd++)
    if (!known[fd] && is_stream(fd)) return fd;
  return -1;
}


/* The other side of a socket did not answer in time: what waits for it fails. */
static void on_silence (int number) {
  const int fd = peer >= 0 ? peer : opened();
  (void)number;
  is_silent = 1;
  if (fd >= 0) (void)shutdown(fd, SHUT_RDWR);
  (void)alarm(1);  /* another address may be tried now */
}


/* Uses only what is safe in a signal handler: flags, lua_sethook, alarm, signal, raise. */
static void on_signal (int number) {
  if (number == SIGHUP && reloads) {
    to_reload = 1;
    return;
  }
  latest = number;
  if (is_blocking) {
    signal(SIGALRM, on_alarm);
    (void)alarm(STORE_PATIENCE);
  }
  if (count < PATIENCE) {
    count++;
    if (running != NULL) lua_sethook(running, look, EVERY, 1);
    return;
  }
  signal(number, SIG_DFL);
  raise(number);
}


static void pass (int number) {
  (void)number;
}


/* Sets the handler of the signals, except those that the parent ignores (nohup). With SA_RESTART
** they interrupt only waits, never a read or write. */
static void handle (void (*handler) (int)) {
  struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
  struct sigaction before;
  size_t i;
  sigemptyset(&action.sa_mask);
  for (i = 0; i < WATCHED; i++) {
    if (handler == SIG_DFL) action.sa_handler = is_held && watched[i] == SIGINT ? pass : SIG_DFL;
    sigaction(watched[i], NULL, &before);
    if (before.sa_handler != SIG_IGN) sigaction(watched[i], &action, NULL);
  }
}


/* interrupt.watch([reloads]): counts signals, from zero unless it watches already. With `reloads`
** SIGHUP does not count: see interrupt.reload. */
static int watch (lua_State *L) {
  if (!is_watching) count = 0;
  is_watching = true;
  reloads = lua_toboolean(L, 1);
  to_reload = 0;
  handle(on_signal);
  return 0;
}


/* interrupt.release(): signals end the program again. */
static int release (lua_State *L) {
  (void)L;
  is_watching = false;
  handle(SIG_DFL);
  return 0;
}


/* interrupt.hold(is_held): while held, Ctrl-C does not end the program, even if it comes just before
** or after interrupt.call. */
static int hold (lua_State *L) {
  is_held = lua_toboolean(L, 1);
  return release(L);
}


/* interrupt.ignore(): ignores Ctrl-C, which the program run by this one handles. */
static int ignore (lua_State *L) {
  (void)L;
  signal(SIGINT, SIG_IGN);
  return 0;
}


/* interrupt.count() -> signals since watch, the latest signal's name */
static int get_count (lua_State *L) {
  lua_pushinteger(L, count);
  if (count == 0) return 1;
  lua_pushstring(L, latest == SIGINT ? "INT" : latest == SIGTERM ? "TERM" : "HUP");
  return 2;
}


/* interrupt.reload() -> true if SIGHUP arrived since the last call. One that arrives during the
** call is reported by the next. */
static int take_reload (lua_State *L) {
  const bool asked = to_reload != 0;
  if (asked) to_reload = 0;
  lua_pushboolean(L, asked);
  return 1;
}


/* The message handler of `call`: adds a traceback to text. A table was raised on purpose, and is
** not changed. */
static int traceback (lua_State *L) {
  lua_sethook(L, NULL, 0, 0);
  if (lua_istable(L, 1)) return 1;
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}


/* interrupt.call(f, ...) -> true, results | false, message with traceback,
** or the raised table. While f runs, signals are counted, and each raises "interrupted" in it: at
** once, or soon if f runs a coroutine. */
static int call (lua_State *L) {
  int ended;
  lua_pushcfunction(L, traceback);
  lua_insert(L, 1);
  count = 0;
  reloads = 0;
  handle(on_signal);
  lua_sethook(L, look, LUA_MASKCOUNT, STRIDE);
  running = L;
  ended = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 1);
  running = NULL;
  lua_sethook(L, NULL, 0, 0);
  release(L);
  lua_pushboolean(L, ended == LUA_OK);
  lua_replace(L, 1);
  return lua_gettop(L);
}


/* Continues interrupt.leave after f, inside of interrupt.call. */
static int left (lua_State *L, int status, lua_KContext context) {
  (void)context;
  handle(on_signal);  /* f may have released the signals */
  lua_sethook(L, look, LUA_MASKCOUNT, count > 0 ? GRACE : STRIDE);
  running = paused;
  if (status != LUA_OK && status != LUA_YIELD) return lua_error(L);
  return lua_gettop(L);
}


/* Continues interrupt.leave after f, outside of interrupt.call. */
static int called (lua_State *L, int status, lua_KContext context) {
  (void)status; (void)context;
  return lua_gettop(L);
}


/* interrupt.leave(f, ...) -> the results of f, which may yield. Inside interrupt.call: while f runs,
** signals are only counted, and raise nothing. */
static int leave (lua_State *L) {
  const int arguments = lua_gettop(L) - 1;
  if (running == NULL) {
    lua_callk(L, arguments, LUA_MULTRET, 0, called);
    return called(L, LUA_OK, 0);
  }
  paused = running;
  running = NULL;
  lua_sethook(L, NULL, 0, 0);
  return left(L, lua_pcallk(L, arguments, LUA_MULTRET, 0, 0, left), 0);
}


/* Calls the function at `f`; a signal, or the alarm that was set, interrupts it. [-n, +m, e] */
static int call_blocking (lua_State *L, int f, bool has_alarm) {
  int ended;
  is_blocking = 1;
  ended = lua_pcall(L, lua_gettop(L) - f, LUA_MULTRET, 0);
  is_blocking = 0;
  if (has_alarm || count > 0) (void)alarm(0);
  if (ended != LUA_OK) return lua_error(L);
  return lua_gettop(L);
}


/* interrupt.blocking(f, ...) -> the results of f. Calls a C function that may block, such as one
** of a database: after a counted signal it has 2 s to end. */
static int blocking (lua_State *L) {
  return call_blocking(L, 1, false);
}


/* interrupt.bounded(seconds, socket, f, ...) -> true if the socket was not shut down, the socket,
** the results of f. Like `blocking`, for an f that waits for a server: after whole seconds its
** socket is shut down, so that f fails. A socket of -1 is the one that f opens. */
static int bounded (lua_State *L) {
  const unsigned seconds = (unsigned)luaL_checkinteger(L, 1);
  int fd;
  peer = (sig_atomic_t)luaL_checkinteger(L, 2);
  for (fd = 0; peer < 0 && fd < DESCRIPTORS; fd++) known[fd] = is_stream(fd);
  is_silent = 0;
  signal(SIGALRM, on_silence);
  (void)alarm(seconds);
  (void)call_blocking(L, 3, true);
  lua_pushboolean(L, !is_silent);
  lua_replace(L, 1);
  lua_pushinteger(L, peer >= 0 ? peer : opened());
  lua_replace(L, 2);
  return lua_gettop(L);
}


void mde_host_end_interrupted (int status) {
  if (status != INTERRUPTED || latest != SIGINT) return;
  if (!isatty(STDIN_FILENO) && !isatty(STDERR_FILENO)) return;
  signal(SIGINT, SIG_DFL);
  raise(SIGINT);
}


int mde_host_open_interrupt (lua_State *L) {
  static const luaL_Reg functions[] = {
    { "watch", watch },
    { "release", release },
    { "hold", hold },
    { "ignore", ignore },
    { "count", get_count },
    { "reload", take_reload },
    { "call", call },
    { "leave", leave },
    { "blocking", blocking },
    { "bounded", bounded },
    { NULL, NULL }
  };
  luaL_newlib(L, functions);
  return 1;
}
