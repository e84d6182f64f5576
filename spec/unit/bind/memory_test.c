/* Lua's memory that runs out: memory_test [CHUNK...]
**
** A chunk is a Lua file that returns a function (without arguments each of
** spec/unit/bind/memory/). It is called in a Lua state of its own while the nth
** allocation fails, of Lua, the core or libcurl, n = 1, 2, ... until none does:
** once alone, when Lua collects garbage and tries again, and once with all
** that follow until the call is over. The call must succeed, or end in an
** error that says why, and nothing may stay behind once the state is closed.
**
** The function gets the URL of a server that answers "ok" and of one that
** refuses. What the file does before it returns is not tested. A long chunk
** returns a number too, for n to go on by.
*/
#include <glob.h>
#include <lauxlib.h>
#include <lualib.h>

#include "server.h"
#include "shortage.h"

static server host;      /* answers */
static server nowhere;   /* has stopped */

int luaopen_mde_core (lua_State *L);


static void *allocate (void *data, void *block, size_t before, size_t size) {
  (void)data;
  if (size == 0) {
    free(block);
    return NULL;
  }
  if (block == NULL) return malloc(size);
  if (size > before && shortage_denies()) return NULL;
  return realloc(block, size);  /* to shrink never fails */
}


/* Lets modules stay loaded when the state is closed, so that a tool that looks for
** leaks can tell whose they are. */
static void keep_modules (lua_State *L) {
  (void)lua_getfield(L, LUA_REGISTRYINDEX, "_CLIBS");
  lua_pushnil(L);
  (void)lua_setmetatable(L, -2);
  lua_pop(L, 1);
}


/* A state with a chunk's function, and how n goes on, on its stack. */
static lua_State *load (const char *chunk) {
  lua_State *L = lua_newstate(allocate, NULL);
  luaL_openlibs(L);
  keep_modules(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_mde_core);
  lua_setfield(L, -2, "mde.core");
  lua_settop(L, 0);
  if (luaL_dostring(L, "package.path = 'lua/?.lua;lua/?/init.lua;./?.lua;' "
                       ".. package.path")
      || luaL_dofile(L, chunk)) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    exit(2);
  }
  lua_settop(L, 2);
  return L;
}


/* The message of an error at the top: a string, or an error as the world's. */
static const char *message_of (lua_State *L) {
  if (lua_istable(L, -1)) (void)lua_getfield(L, -1, "message");
  return lua_isstring(L, -1) ? lua_tostring(L, -1) : "an error without message";
}


/* Returns true if a call ended as allowed. Runtime errors are tables with a code,
** and may say, while memory is short, that there is no connection. */
static bool is_fine (lua_State *L, int status) {
  if (status == LUA_OK) return true;
  if (!memory.failed) return false;
  if (lua_istable(L, -1)) {
    const bool fine = lua_getfield(L, -1, "code") == LUA_TSTRING;
    lua_pop(L, 1);
    return fine;
  }
  return strstr(message_of(L), "not enough memory") != NULL;
}


/* Runs a chunk with the nth allocation failing, and says on which n to go on;
** 0: there was no nth. */
static long fail_at (const char *chunk, long n, bool lasting, bool *good) {
  const long blocks = memory.blocks;
  lua_State *L = load(chunk);
  const long step = lua_isnumber(L, 2) ? (long)lua_tointeger(L, 2) : 1;
  int status;
  lua_settop(L, 1);
  lua_pushstring(L, host.url);
  lua_pushstring(L, nowhere.url);
  shortage_at(n, lasting);
  status = lua_pcall(L, 2, 0, 0);
  shortage_over();
  if (!is_fine(L, status)) {
    printf("# at %ld: %s\n", n, message_of(L));
    *good = false;
  }
  lua_close(L);
  if (memory.blocks != blocks) {
    printf("# at %ld: %ld blocks are left\n", n, memory.blocks - blocks);
    *good = false;
  }
  return memory.failed ? n + step : 0;
}


static void test (const char *chunk) {
  int lasting;
  for (lasting = 0; lasting < 2; lasting++) {
    bool good = true;
    long last = 1;
    long n = 1;
    while (n > 0 && good) {
      last = n;
      n = fail_at(chunk, n, lasting, &good);
    }
    check(good && last > 1, chunk);
    printf("# %s of %ld\n", lasting ? "the rest" : "each", last - 1);
  }
}


int main (int count, char **arguments) {
  glob_t found;
  size_t i;
  int k;
  tap_begin();
  shortage_begin();
  server_start(&nowhere, server_answer);
  server_stop(&nowhere);
  server_start(&host, server_answer);
  host.answer = "HTTP/1.1 200 OK\r\nX-Twice: 1\r\nX-Twice: 2\r\n"
                "Content-Length: 2\r\n\r\nok";
  for (k = 1; k < count; k++) test(arguments[k]);
  if (count == 1 && glob("spec/unit/bind/memory/*.lua", 0, NULL, &found) == 0) {
    for (i = 0; i < found.gl_pathc; i++) test(found.gl_pathv[i]);
    globfree(&found);
  }
  server_stop(&host);
  return tap_end();
}
