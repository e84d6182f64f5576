/* Records the lines of a policy that run, and checks its limits. */
#include <stdio.h>
#include <string.h>

#include "worker.h"

#define STRIDE 1000000  /* instructions between two checks of the limits */

static unsigned char ran[MDE_SOURCE_MOST / 8 + 1];  /* a bit per line */
static char source[256];  /* the name of the policy's source, of which this many bytes count */


/* A hook, in addition to the timer, in case the system's does not tick. Coroutines inherit it. */
static void on_event (lua_State *L, lua_Debug *event) {
  if (event->event == LUA_HOOKCOUNT) {
    mde_limits_look();
    return;
  }
  lua_getinfo(L, "S", event);
  if (event->currentline > 0 && event->currentline <= MDE_SOURCE_MOST &&
      strncmp(event->source, source, sizeof source - 1) == 0)
    ran[event->currentline / 8] |= (unsigned char)(1 << event->currentline % 8);
}


void mde_coverage_start (lua_State *L, bool lines) {
  lua_sethook(L, on_event, LUA_MASKCOUNT | (lines ? LUA_MASKLINE : 0), STRIDE);
}


void mde_coverage_watch (const char *name) {
  snprintf(source, sizeof source, "@%s", name);
}


/* Adds the lines of the function on the top to the tables reached and active below it, and pops
** the function. Omits its last line, whose implicit return many functions never reach. */
static void add_lines (lua_State *L) {
  lua_Debug about;
  lua_pushvalue(L, -1);
  lua_getinfo(L, ">SL", &about);  /* pushes a table with the lines as keys */
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    lua_Integer line = lua_tointeger(L, -2);
    if (line > 0 && line <= MDE_SOURCE_MOST &&
        (line != about.lastlinedefined || line == about.linedefined)) {
      lua_pushboolean(L, 1);
      lua_rawseti(L, -6, line);
      if (ran[line / 8] >> line % 8 & 1) {
        lua_pushboolean(L, 1);
        lua_rawseti(L, -7, line);
      }
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
}


void mde_coverage_push (lua_State *L) {
  lua_Integer place;
  lua_newtable(L);
  lua_newtable(L);
  for (place = 1; mde_rules_push(L, place); place++) {
    if (lua_isfunction(L, -1)) add_lines(L);
    else lua_pop(L, 1);
  }
  lua_createtable(L, 0, 2);
  lua_insert(L, -3);
  lua_setfield(L, -3, "active");
  lua_setfield(L, -2, "reached");
}
