/* Makes the globals of policies: a subset of Lua without time, files or chance. */
#include <string.h>
#include <strings.h>

#include "worker.h"

#define NAME_MOST 1000  /* bytes of a module's name */

/* The functions of Lua that a policy can reach; all others are absent. */
static const char *const base[] = {
  "_VERSION", "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal",
  "rawget", "rawlen", "rawset", "select", "tonumber", "tostring", "type", "xpcall", NULL
};
static const char *const text[] = {
  "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack",
  "packsize", "rep", "reverse", "sub", "unpack", "upper", NULL
};
static const char *const table[] = {
  "concat", "insert", "move", "pack", "remove", "sort", "unpack", NULL
};
static const char *const math[] = {
  "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log",
  "max", "maxinteger", "min", "mininteger", "modf", "pi", "rad", "random", "randomseed", "sin",
  "sqrt", "tan", "tointeger", "type", "ult", NULL
};
static const char *const utf8[] = {
  "char", "charpattern", "codepoint", "codes", "len", "offset", NULL
};
static const char *const coroutine[] = {
  "close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield", NULL
};
static const char *const os[] = { "clock", "date", "difftime", "time", NULL };


/* print(...): the text is sent together with the next answer. */
static int print (lua_State *L) {
  int count = lua_gettop(L), i;
  size_t length;
  luaL_Buffer buffer;
  mde_writer writer = { .policy = false };
  luaL_buffinit(L, &buffer);
  for (i = 1; i <= count; i++) {
    if (i > 1) luaL_addchar(&buffer, '\t');
    luaL_tolstring(L, i, &length);
    mde_limits_print(length + 1);
    luaL_addvalue(&buffer);
  }
  if (count == 0) mde_limits_print(1);
  luaL_addchar(&buffer, '\n');
  luaL_pushresult(&buffer);
  writer.buffer = mde_channel_begin('P');
  if (!mde_codec_write(L, -1, &writer)) return luaL_error(L, "printed text %s", writer.problem);
  mde_channel_end();
  return 0;
}


/* setmetatable(table, metatable), without __gc: a finalizer could run where neither its errors nor
** the limits are checked. */
static int set_metatable (lua_State *L) {
  if (lua_type(L, 2) == LUA_TTABLE) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "policies have no __gc");
    lua_pop(L, 1);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}


/* os.time() returns the time of the plan, the first upvalue. The second is Lua's own os.time. */
static int get_time (lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
  }
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}


/* os.date(format [, time]), with the time of the plan as default. Upvalues as above. */
static int get_date (lua_State *L) {
  lua_settop(L, 2);
  if (lua_isnil(L, 1)) {
    lua_pushliteral(L, "%c");
    lua_replace(L, 1);
  }
  if (lua_isnil(L, 2)) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_replace(L, 2);
  }
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}


/* math.randomseed([number]): the default is the plan's seed, so that every run is the same.
** Upvalues as above. */
static int seed_random (lua_State *L) {
  if (lua_isnone(L, 1)) lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}


static int collect_garbage (lua_State *L) {
  const char *option = luaL_optstring(L, 1, "collect");
  if (strcmp(option, "count") != 0)
    return luaL_error(L, "policies can only call collectgarbage \"count\"");
  lua_pushnumber(L, lua_gc(L, LUA_GCCOUNT) + lua_gc(L, LUA_GCCOUNTB) / 1024.0);
  return 1;
}


/* cancel(reason), keep(reason), undo(reason) -> a decision, to return from decide */
static int make_decision (lua_State *L) {
  if (!lua_isnoneornil(L, 1)) luaL_checktype(L, 1, LUA_TSTRING);
  lua_settop(L, 1);
  lua_createtable(L, 0, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setfield(L, -2, "decision");
  lua_insert(L, 1);
  lua_setfield(L, 1, "reason");
  return 1;
}


static bool is_loaded (lua_State *L) {
  lua_pushvalue(L, 1);
  if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL) {
    lua_pop(L, 1);
    return false;
  }
  if (lua_islightuserdata(L, -1)) luaL_error(L, "module %s requires itself", lua_tostring(L, 1));
  return true;
}


/* Requests the module named at 1 from the program, and pushes its text and chunk name. */
static void ask_for_module (lua_State *L) {
  mde_writer writer = { .buffer = mde_channel_begin('R') };
  mde_frame frame;
  mde_reader reader;
  if (!mde_codec_write(L, 1, &writer)) luaL_error(L, "the name of a module %s", writer.problem);
  mde_channel_end();
  frame = mde_channel_read();
  reader = (mde_reader){ frame.data, frame.data + frame.size, 0 };
  if ((frame.kind != 'M' && frame.kind != 'N') || !mde_codec_read(L, &reader) ||
      (frame.kind == 'M' && !mde_codec_read(L, &reader)) || lua_type(L, -1) != LUA_TSTRING)
    mde_channel_exit(MDE_END_GARBLED);
  if (frame.kind == 'N') lua_error(L);
}


/* require(name): loads a module of the policy; only while the policy itself is loaded. The upvalue
** has the modules; a module that is being loaded is a light userdata. */
static int require (lua_State *L) {
  size_t size;
  const char *source;
  luaL_checktype(L, 1, LUA_TSTRING);
  luaL_argcheck(L, lua_rawlen(L, 1) <= NAME_MOST, 1, "a name of at most 1000 bytes");
  lua_settop(L, 1);
  if (is_loaded(L)) return 1;
  if (!mde_limits_are_for_loading())
    return luaL_error(L, "require \"%s\" is too late: move it to the top of the policy",
                      lua_tostring(L, 1));
  ask_for_module(L);
  lua_pushvalue(L, 1);
  lua_pushlightuserdata(L, L);
  lua_rawset(L, lua_upvalueindex(1));
  source = luaL_checklstring(L, 2, &size);
  mde_source_load(L, source, size, luaL_checkstring(L, 3));
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 3);
  lua_call(L, 2, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawset(L, lua_upvalueindex(1));
  return 1;
}


/* Copies the named fields of the table on the top to the table below it. */
static void copy (lua_State *L, const char *const *names) {
  for (; *names != NULL; names++) {
    if (lua_getfield(L, -1, *names) == LUA_TNIL)  /* this Lua is older than the list */
      luaL_error(L, "this Lua has no %s", *names);
    lua_setfield(L, -3, *names);
  }
}


/* Adds a library to the globals on the top. */
static void add_library (lua_State *L, const char *name, lua_CFunction open,
                         const char *const *names) {
  lua_newtable(L);
  lua_pushcfunction(L, open);
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
  copy(L, names);
  lua_pop(L, 1);
  lua_setfield(L, -2, name);
}


/* Makes the policy's `string` the methods of strings, and hides their metatable. */
static void close_text (lua_State *L) {
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_getfield(L, -3, LUA_STRLIBNAME);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
}


static void add_own (lua_State *L) {
  static const char *const decisions[] = { "cancel", "keep", "undo" };
  size_t i;
  for (i = 0; i < 3; i++) {
    lua_pushstring(L, decisions[i]);
    lua_pushcclosure(L, make_decision, 1);
    lua_setfield(L, -2, decisions[i]);
  }
  lua_pushcfunction(L, print);
  lua_setfield(L, -2, "print");
  lua_pushcfunction(L, collect_garbage);
  lua_setfield(L, -2, "collectgarbage");
  lua_newtable(L);
  lua_pushcclosure(L, require, 1);
  lua_setfield(L, -2, "require");
}


/* Replaces a library's function by `function`, whose upvalues are the value on the top and the
** original function. [-1, +0, m] */
static void replace (lua_State *L, const char *library, const char *name,
                     lua_CFunction function) {
  lua_getfield(L, -2, library);
  lua_insert(L, -2);
  lua_getfield(L, -2, name);
  lua_pushcclosure(L, function, 2);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}


/* Fixes time and random numbers, so that a plan decides the same in every run. */
static void fix_time (lua_State *L, const mde_limits *limits) {
  lua_pushinteger(L, (lua_Integer)limits->time);
  replace(L, LUA_OSLIBNAME, "time", get_time);
  lua_pushinteger(L, (lua_Integer)limits->time);
  replace(L, LUA_OSLIBNAME, "date", get_date);
  lua_pushinteger(L, (lua_Integer)limits->seed);
  replace(L, LUA_MATHLIBNAME, "randomseed", seed_random);
  lua_getfield(L, -1, LUA_MATHLIBNAME);
  lua_getfield(L, -1, "randomseed");
  lua_call(L, 0, 0);
  lua_pop(L, 1);
}


void mde_environment_open (lua_State *L, const mde_limits *limits) {
  lua_newtable(L);
  luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
  copy(L, base);
  lua_getfield(L, -1, "setmetatable");
  lua_pushcclosure(L, set_metatable, 1);
  lua_setfield(L, -3, "setmetatable");
  lua_pop(L, 1);
  add_library(L, LUA_STRLIBNAME, luaopen_string, text);
  add_library(L, LUA_TABLIBNAME, luaopen_table, table);
  add_library(L, LUA_MATHLIBNAME, luaopen_math, math);
  add_library(L, LUA_UTF8LIBNAME, luaopen_utf8, utf8);
  add_library(L, LUA_COLIBNAME, luaopen_coroutine, coroutine);
  add_library(L, LUA_OSLIBNAME, luaopen_os, os);
  fix_time(L, limits);
  close_text(L);
  add_own(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, LUA_GNAME);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}
