/* The table of operations in Lua.
**
** core.operation.encode(name, arguments) -> { method, path, fields } | nil, err
**   `fields` (key -> value) is the content of the JSON body, absent if there is none.
**   Arguments are texts; a list of machines is an array of them, and commands are a
**   table that goes into the body unchanged.
** core.operation.match(method, path) -> the name of the row of such a request
** core.operation.rows -> name -> { method, returns, per_minute, per_hour,
**                                  permissions }
** core.operation.guid(text) -> the GUID in lower case | nil
*/
#include <string.h>

#include "bind.h"
#include "core/identifier.h"
#include "core/operation.h"

#define MAX_NAMES 8
#define MAX_ARGUMENTS (MAX_NAMES + MDE_MOST_MACHINES + 1)


/* The string at `index`, which names something and has no NUL. [-0, +0, e] */
static const char *check_name (lua_State *L, int index) {
  size_t length;
  const char *name = luaL_checklstring(L, index, &length);
  if (strlen(name) != length)
    luaL_error(L, "there is a NUL in a name, after '%s'", name);
  return name;
}


static const mde_operation *check_operation (lua_State *L, int index) {
  const char *name = check_name(L, index);
  const mde_operation *operation = mde_operation_find(name);
  if (operation == NULL || operation->path[0] == '\0')
    luaL_error(L, "unknown operation '%s'", name);
  return operation;
}


static bool takes_list (const mde_operation *operation) {
  size_t i;
  for (i = 0; i < MDE_FIELDS && operation->fields[i].key != NULL; i++)
    if (operation->fields[i].kind == MDE_MACHINES) return true;
  return false;
}


/* The kind of the body's field that is called `name`. */
static mde_kind kind_of (const mde_operation *operation, const char *name) {
  size_t i;
  for (i = 0; i < MDE_FIELDS && operation->fields[i].key != NULL; i++)
    if (strcmp(operation->fields[i].argument, name) == 0)
      return operation->fields[i].kind;
  return MDE_TEXT;
}


/* Adds the text at the top of the stack, which stays there, to the arguments.
** [-0, +0, e] */
static void add (lua_State *L, mde_argument *arguments, size_t *count,
                 const char *name) {
  mde_argument *argument = &arguments[*count];
  if (lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "argument '%s' must be a string, not a %s", name,
               luaL_typename(L, -1));
  argument->name = name;
  argument->value = lua_tolstring(L, -1, &argument->length);
  (*count)++;
}


/* Adds each text of the array at the top of the stack. [-0, +length, e] */
static void add_list (lua_State *L, mde_argument *arguments, size_t *count,
                      const char *name) {
  const int list = lua_gettop(L);
  const size_t length = lua_rawlen(L, list);
  size_t i;
  for (i = 1; i <= length && i <= MDE_MOST_MACHINES + 1; i++) {
    luaL_checkstack(L, 1, "too many arguments");
    lua_rawgeti(L, list, (int)i);
    add(L, arguments, count, name);
  }
}


/* Reads the table at `index`. Its keys and values stay on the stack, so that
** they stay valid even if a finalizer changes the table. Raises an error on keys
** and values of other types. [-0, +?, e] */
static size_t read_arguments (lua_State *L, int index,
                              const mde_operation *operation,
                              mde_argument *arguments) {
  static const char commands[] = "";
  size_t count = 0, names = 0;
  luaL_checktype(L, index, LUA_TTABLE);
  luaL_checkstack(L, 2 * MAX_NAMES + LUA_MINSTACK, "too many arguments");
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    const int key = lua_gettop(L) - 1;
    const char *name;
    mde_kind kind;
    if (lua_type(L, key) != LUA_TSTRING)
      luaL_error(L, "arguments are named by strings");
    if (names++ == MAX_NAMES) luaL_error(L, "too many arguments");
    name = check_name(L, key);
    kind = kind_of(operation, name);
    if (kind == MDE_MACHINES && lua_istable(L, -1))
      add_list(L, arguments, &count, name);
    else if (kind == MDE_COMMANDS) {
      const mde_argument given = { name, commands, 0 };
      if (!lua_istable(L, -1)) luaL_error(L, "argument '%s' must be a table", name);
      arguments[count++] = given;
    }
    else add(L, arguments, &count, name);
    lua_pushvalue(L, key);
  }
  return count;
}


/* Pushes the value of a field of the body: the checked one, even if the table of
** arguments has changed since. [-0, +1, m] */
static void push_value (lua_State *L, const mde_field *field,
                        const mde_argument *arguments, size_t count) {
  size_t i;
  int found = 0;
  if (field->kind == MDE_MACHINES) lua_newtable(L);
  for (i = 0; i < count; i++) {
    if (strcmp(arguments[i].name, field->argument) != 0) continue;
    lua_pushlstring(L, arguments[i].value, arguments[i].length);
    if (field->kind != MDE_MACHINES) return;
    lua_rawseti(L, -2, ++found);
  }
}


/* [-0, +1, m] */
static void push_fields (lua_State *L, int index,
                         const mde_operation *operation,
                         const mde_argument *arguments, size_t count) {
  const mde_field *field = operation->fields;
  const mde_field *const end = field + MDE_FIELDS;
  lua_createtable(L, 0, MDE_FIELDS);
  for (; field < end && field->key != NULL; field++) {
    if (field->kind == MDE_COMMANDS) {
      lua_pushstring(L, field->argument);
      lua_rawget(L, index);
    }
    else push_value(L, field, arguments, count);
    lua_setfield(L, -2, field->key);
  }
}


static int encode (lua_State *L) {
  const mde_operation *operation = check_operation(L, 1);
  mde_argument few[MAX_NAMES];
  mde_argument *arguments = !takes_list(operation) ? few
      : (mde_argument *)lua_newuserdata(L, MAX_ARGUMENTS * sizeof few[0]);
  const size_t count = read_arguments(L, 2, operation, arguments);
  const size_t room = mde_operation_room(operation, arguments, count);
  char short_path[256];
  char *path = room <= sizeof short_path ? short_path : (char *)lua_newuserdata(L, room);
  size_t length;
  mde_error error;
  if (!mde_operation_path(operation, arguments, count, path, &length, &error))
    return mde_push_error(L, &error);
  lua_createtable(L, 0, 3);
  lua_pushstring(L, operation->method);
  lua_setfield(L, -2, "method");
  lua_pushlstring(L, path, length);
  lua_setfield(L, -2, "path");
  if (operation->fields[0].key != NULL) {
    push_fields(L, 2, operation, arguments, count);
    lua_setfield(L, -2, "fields");
  }
  return 1;
}


static int match (lua_State *L) {
  const char *method = luaL_checkstring(L, 1);
  size_t length;
  const char *path = luaL_checklstring(L, 2, &length);
  lua_pushstring(L, mde_operation_match(method, path, length)->name);
  return 1;
}


static int guid (lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  char lower[MDE_GUID_LENGTH + 1];
  if (!mde_guid(text, length, lower)) return 0;
  lua_pushlstring(L, lower, MDE_GUID_LENGTH);
  return 1;
}


/* Sets a field of the table at the top, if there is such a limit.
** [-0, +0, e] */
static void push_limit (lua_State *L, int limit, const char *name) {
  if (limit == 0) return;
  lua_pushinteger(L, limit);
  lua_setfield(L, -2, name);
}


static void push_row (lua_State *L, const mde_operation *operation) {
  int i;
  lua_createtable(L, 0, 5);
  lua_pushstring(L, operation->method);
  lua_setfield(L, -2, "method");
  lua_pushstring(L, operation->returns);
  lua_setfield(L, -2, "returns");
  push_limit(L, operation->per_minute, "per_minute");
  push_limit(L, operation->per_hour, "per_hour");
  lua_newtable(L);
  for (i = 0; operation->permissions[i] != NULL; i++) {
    lua_pushstring(L, operation->permissions[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "permissions");
}


void mde_open_operation (lua_State *L) {
  static const luaL_Reg functions[] = {
    { "encode", encode },
    { "guid", guid },
    { "match", match },
    { NULL, NULL }
  };
  const mde_operation *row;
  luaL_newlib(L, functions);
  lua_newtable(L);
  for (row = mde_operations; row->name != NULL; row++) {
    push_row(L, row);
    lua_setfield(L, -2, row->name);
  }
  lua_setfield(L, -2, "rows");
}
