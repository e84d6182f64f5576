/* Tests that a forked process that closes its Lua keeps its parent's locks. */
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "tap.h"

static char folder[] = "/tmp/mde-fork-XXXXXX";

static const char *const chunk =
  "local build, folder = ...\n"
  "package.cpath = build .. '/lib/lua/5.4/?.so'\n"
  "local file = require 'mde.file'\n"
  "lock = assert(file.lock(folder .. '/lock'))\n"
  "log = assert(file.log(folder .. '/log'))\n"
  "assert(log:lock())";


static bool is_locked (const char *name) {
  char path[64];
  bool locked;
  int fd;
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  fd = open(path, O_RDWR | O_CLOEXEC);
  locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
  (void)close(fd);
  return locked;
}


/* The child's actions on its copy of the state. */
static int in_child (lua_State *L) {
  const pid_t child = fork();
  int status = 1;
  if (child == 0) {
    const bool refused = luaL_dostring(L, "lock:write 'x'") != LUA_OK
                         && luaL_dostring(L, "log:unlock()") != LUA_OK;
    const bool released = luaL_dostring(L, "lock:release()") == LUA_OK;
    lua_close(L);
    _exit(refused && released ? 0 : 1);
  }
  (void)waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}


int main (void) {
  const char *build = getenv("BUILD");
  char remove[64];
  lua_State *L = luaL_newstate();
  tap_begin();
  luaL_openlibs(L);
  if (mkdtemp(folder) == NULL || luaL_loadstring(L, chunk) != LUA_OK) return 1;
  lua_pushstring(L, build == NULL ? "build" : build);
  lua_pushstring(L, folder);
  check(lua_pcall(L, 2, 0, 0) == LUA_OK, "a lock and a log are opened");
  if (lua_isstring(L, -1)) printf("# %s\n", lua_tostring(L, -1));
  check(in_child(L) == 0, "a child can release them only");
  check(is_locked("lock"), "the lock is still there");
  check(is_locked("log"), "and that of the log");
  lua_close(L);
  check(!is_locked("lock") && !is_locked("log"), "the parent releases both");
  (void)snprintf(remove, sizeof remove, "rm -rf %s", folder);
  check(system(remove) == 0, "nothing is left");
  return tap_end();
}
