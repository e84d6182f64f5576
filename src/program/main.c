/* The program `mde`: a Lua 5.4 that finds mde beside itself and runs mde.program.
**
** It links only liblua, and libseccomp for its workers. Everything else is loaded by `require`
** on demand, so that `mde --version` does not load libcurl.
*/
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "program.h"
#include "worker/worker.h"


/* Opens /dev/null for standard descriptors that the parent closed, so that no connection gets
** their numbers. The access mode is reversed, so that any use fails as on a closed one. */
static void guard_descriptors (void) {
  int fd;
  for (fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
        open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
      exit(1);
}


/* Memory has secrets: disables core dumps and access by the user's other processes. Programs
** started from here are not affected. */
static void guard_memory (void) {
  struct rlimit core;
  if (getrlimit(RLIMIT_CORE, &core) == 0) {
    core.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &core);
  }
#ifdef __linux__
  prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
#endif
}


/* Sets a UTF-8 locale, for the widths of characters. */
static void set_characters (void) {
  static const char *const names[] = { "", "C.UTF-8", "en_US.UTF-8", "UTF-8" };
  size_t i;
  for (i = 0; i < sizeof names / sizeof names[0]; i++)
    if (setlocale(LC_CTYPE, names[i]) != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
      return;
}


static void preload (lua_State *L) {
  static const luaL_Reg modules[] = {
    { "mde.interrupt", mde_host_open_interrupt },
    { "mde.process", mde_host_open_process },
    { "mde.supervisor", mde_host_open_supervisor },
    { "mde.terminal", mde_host_open_terminal },
    { NULL, NULL }
  };
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  luaL_setfuncs(L, modules, 0);
  lua_pop(L, 1);
}


static void push_arguments (lua_State *L, int count, char **arguments) {
  int i;
  lua_createtable(L, count, 0);
  for (i = 1; i < count; i++) {
    lua_pushstring(L, arguments[i]);
    lua_rawseti(L, -2, i);
  }
}


/* (count, arguments) -> exit status */
static int run (lua_State *L) {
  int count = (int)lua_tointeger(L, 1);
  char **arguments = (char **)lua_touserdata(L, 2);
  luaL_openlibs(L);
  mde_host_set_search(L);
  preload(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "mde.program");
  lua_call(L, 1, 1);
  push_arguments(L, count, arguments);
  lua_call(L, 1, 1);
  return 1;
}


static int protected_run (lua_State *L, int count, char **arguments) {
  lua_pushcfunction(L, run);
  lua_pushinteger(L, count);
  lua_pushlightuserdata(L, arguments);
  if (lua_pcall(L, 2, 1, 0) == LUA_OK) return (int)lua_tointeger(L, -1);
  fprintf(stderr, "mde: %s\n", luaL_tolstring(L, -1, NULL));
  return EXIT_FAILURE;
}


int main (int count, char **arguments) {
  lua_State *L;
  int status;
  if (mde_worker_is_asked(count, arguments)) mde_worker_run();
  guard_descriptors();
  guard_memory();
  set_characters();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  /* a write above a file size limit then fails with an error */
  L = luaL_newstate();
  if (L == NULL) {
    fputs("mde: not enough memory\n", stderr);
    return EXIT_FAILURE;
  }
  (void)lua_gc(L, LUA_GCSTOP);  /* until the command runs: nothing is garbage before */
  status = protected_run(L, count, arguments);
  lua_close(L);
  mde_host_end_interrupted(status);
  return status;
}
