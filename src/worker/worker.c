/* The worker's main loop: loads a policy, and decides on each action. */
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define MESSAGE_MOST 2000  /* bytes of an error message */
#define MDE_LAST_SECOND 253402300799  /* of the year 9999 */

#ifdef __APPLE__
extern char **environ;
#endif


static bool is_pipe (int fd) {
  struct stat about;
  return fstat(fd, &about) == 0 && S_ISFIFO(about.st_mode);
}


/* Only the supervisor starts the program with two pipes and an empty environment. */
bool mde_worker_is_asked (int count, char **arguments) {
  if (count < 2 || strcmp(arguments[1], MDE_WORKER_OPTION) != 0) return false;
  if (count == 2 && environ[0] == NULL && is_pipe(STDIN_FILENO) && is_pipe(STDOUT_FILENO))
    return true;
  fputs("mde: --worker is internal: mde runs policies with it (see mde help)\n", stderr);
  exit(2);
}


static bool are_sensible (const mde_limits *limits) {
  const double times[] = { limits->load, limits->average, limits->longest };
  size_t i;
  for (i = 0; i < 3; i++)
    if (!(times[i] > 0 && times[i] <= 3600)) return false;
  return limits->memory >= 1 << 20 && limits->memory <= 1 << 30 &&
         limits->output <= MDE_FRAME_MOST / 2 && limits->coverage <= 1 &&
         limits->time >= 0 && limits->time <= MDE_LAST_SECOND;
}


/* Reads the next string of a frame. It stays on the stack. */
static const char *read_text (lua_State *L, mde_reader *reader, size_t *size) {
  if (!mde_codec_read(L, reader) || lua_type(L, -1) != LUA_TSTRING)
    mde_channel_exit(MDE_END_GARBLED);
  return lua_tolstring(L, -1, size);
}


/* (frame) Loads the policy, and answers with a copy of its table. */
static int load_policy (lua_State *L) {
  const mde_frame *frame = (const mde_frame *)lua_touserdata(L, 1);
  mde_reader reader = { frame->data, frame->data + frame->size, 0 };
  mde_writer writer = { .policy = true };
  size_t size, length;
  const char *name = read_text(L, &reader, &length);
  const char *text = read_text(L, &reader, &size);
  mde_coverage_watch(name);
  mde_source_load(L, text, size, name);
  lua_call(L, 0, 1);
  if (lua_type(L, -1) != LUA_TTABLE)
    return luaL_error(L, "returned a %s: expected a table", luaL_typename(L, -1));
  mde_rules_take(L);
  writer.buffer = mde_channel_begin('F');
  if (!mde_codec_write(L, -1, &writer))
    return luaL_error(L, "%s %s", writer.path[0] == '\0' ? "the policy" : writer.path,
                      writer.problem);
  mde_channel_end();
  return 0;
}


static int get_age (lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  return 1;
}


/* machine:tagged(tag) -> true if it has the tag, ignoring case */
static int is_tagged (lua_State *L) {
  const char *tag = luaL_checkstring(L, 2);
  bool found = false;
  lua_Integer i;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushliteral(L, "machineTags");
  if (lua_rawget(L, 1) == LUA_TTABLE)
    for (i = 1; !found && lua_rawgeti(L, 3, i) != LUA_TNIL; i++) {
      found = lua_type(L, -1) == LUA_TSTRING && strcasecmp(lua_tostring(L, -1), tag) == 0;
      lua_pop(L, 1);
    }
  lua_pushboolean(L, found);
  return 1;
}


/* Adds action:age() -> seconds, and action.is_open. */
static void equip_action (lua_State *L, int action) {
  const char *status;
  lua_getfield(L, action, "age");
  lua_pushcclosure(L, get_age, 1);
  lua_setfield(L, action, "age");
  lua_getfield(L, action, "status");
  status = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  lua_pushboolean(L, strcmp(status, "Pending") == 0 || strcmp(status, "InProgress") == 0);
  lua_setfield(L, action, "is_open");
  lua_pop(L, 1);
}


/* Pushes the action and machine of a frame. */
static void read_entities (lua_State *L, const mde_frame *frame) {
  mde_reader reader = { frame->data, frame->data + frame->size, 0 };
  if (!mde_codec_read(L, &reader) || lua_type(L, -1) != LUA_TTABLE || !mde_codec_read(L, &reader))
    mde_channel_exit(MDE_END_GARBLED);
  equip_action(L, lua_absindex(L, -2));
  if (lua_isnil(L, -1)) return;
  if (lua_type(L, -1) != LUA_TTABLE) mde_channel_exit(MDE_END_GARBLED);
  lua_pushcfunction(L, is_tagged);
  lua_setfield(L, -2, "tagged");
}


/* (frame) Answers with a decision. */
static int decide (lua_State *L) {
  mde_writer writer = { .policy = true };
  read_entities(L, (const mde_frame *)lua_touserdata(L, 1));
  mde_rules_decide(L);
  if (lua_rawlen(L, -1) > MDE_REASON_MOST) mde_channel_exit(MDE_END_OUTPUT);
  writer.buffer = mde_channel_begin('D');
  if (!mde_codec_write(L, -2, &writer) || !mde_codec_write(L, -1, &writer))
    mde_channel_exit(MDE_END_GARBLED);
  mde_channel_end();
  return 0;
}


/* () Answers with the lines of `decide` that exist and that ran. */
static int tell_lines (lua_State *L) {
  mde_writer writer = { .policy = true };
  mde_coverage_push(L);
  writer.buffer = mde_channel_begin('C');
  if (!mde_codec_write(L, -1, &writer)) return luaL_error(L, "the lines: %s", writer.problem);
  mde_channel_end();
  return 0;
}


/* (raised value) -> text of at most MESSAGE_MOST bytes */
static int describe (lua_State *L) {
  size_t length;
  const char *text;
  if (!lua_isstring(L, 1) && luaL_getmetafield(L, 1, "__tostring") == LUA_TNIL) {
    lua_pushfstring(L, "raised a value of type %s", luaL_typename(L, 1));
    return 1;
  }
  text = luaL_tolstring(L, 1, &length);
  lua_pushlstring(L, text, length < MESSAGE_MOST ? length : MESSAGE_MOST);
  return 1;
}


/* Answers with the raised value on the top as an error. Converting it to text may run code of the
** policy. */
static void report (lua_State *L) {
  mde_writer writer = { .policy = true };
  lua_pushcfunction(L, describe);
  lua_insert(L, -2);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
    lua_pop(L, 1);
    lua_pushliteral(L, "raised a value that cannot be shown");
  }
  writer.buffer = mde_channel_begin('E');
  if (!mde_codec_write(L, -1, &writer)) mde_channel_exit(MDE_END_GARBLED);
  mde_channel_end();
}


/* Calls `function` protected and under the limits of `phase`. Everything that touches a value of
** the policy runs in here. */
static bool attempt (lua_State *L, mde_phase phase, lua_CFunction function, mde_frame *frame) {
  bool done;
  mde_limits_enter(phase);
  lua_settop(L, 0);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, frame);
  done = lua_pcall(L, 1, 0, 0) == LUA_OK;
  if (!done) report(L);
  mde_limits_enter(MDE_IDLE);
  return done;
}


static void end_well (void) {
  mde_channel_begin('B');
  mde_channel_end();
  mde_channel_flush();
  _exit(MDE_END_WELL);
}


/* Serves frames. The first one has the policy; if it cannot be loaded, it decides nothing. */
static void serve (lua_State *L) {
  mde_frame frame = mde_channel_read();
  bool loaded;
  if (frame.kind == 'Q') end_well();
  if (frame.kind != 'L') mde_channel_exit(MDE_END_GARBLED);
  loaded = attempt(L, MDE_LOADING, load_policy, &frame);
  for (;;) {
    frame = mde_channel_read();
    if (frame.kind == 'Q') end_well();
    if (frame.kind == 'A' && loaded) attempt(L, MDE_DECIDING, decide, &frame);
    else if (frame.kind == 'C' && loaded) attempt(L, MDE_DECIDING, tell_lines, &frame);
    else mde_channel_exit(MDE_END_GARBLED);
  }
}


/* (limits) */
static int prepare (lua_State *L) {
  const mde_limits *limits = (const mde_limits *)lua_touserdata(L, 1);
  mde_environment_open(L, limits);
  mde_coverage_start(L, limits->coverage != 0);
  return 0;
}


/* Frees nothing and does not close the state, because that would run finalizers of the policy. */
void mde_worker_run (void) {
  mde_limits limits;
  lua_State *L;
  mde_channel_fill(&limits, sizeof limits);
  if (!are_sensible(&limits)) _exit(MDE_END_GARBLED);
  if (!mde_limits_start(&limits) || !mde_confine(&limits)) _exit(MDE_END_UNCONFINED);
  L = lua_newstate(mde_limits_allocate, NULL);
  if (L == NULL) _exit(MDE_END_MEMORY);
  lua_pushcfunction(L, prepare);
  lua_pushlightuserdata(L, &limits);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) _exit(MDE_END_UNCONFINED);
  serve(L);
  _exit(MDE_END_WELL);
}
