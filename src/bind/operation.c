/* The table of operations in Lua.
**
** core.operation.encode(name, arguments) -> { method, path, fields } | nil, err
**   `fields` (key -> text) is what the JSON body says, absent where there is none
** core.operation.rows -> name -> { method, returns, per_minute, per_hour,
**                                  permissions }
** core.operation.guid(text) -> the GUID in lower case | nil
*/
#include <string.h>

#include "bind.h"
#include "core/identifier.h"
#include "core/operation.h"

#define MAX_ARGUMENTS 8


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
  if (operation == NULL)
    luaL_error(L, "unknown operation '%s'", name);
  return operation;
}


/* Reads the table at `index`. Its keys and values stay on the stack, so that
** what is pointed at outlives whatever a finalizer does to the table. Raises
** on keys and values of other types. [-0, +2 * MAX_ARGUMENTS, e] */
static size_t read_arguments (lua_State *L, int index,
                              mde_argument arguments[MAX_ARGUMENTS]) {
  size_t count = 0;
  luaL_checktype(L, index, LUA_TTABLE);
  luaL_checkstack(L, 2 * MAX_ARGUMENTS + LUA_MINSTACK, "too many arguments");
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pushvalue(L, -2)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "arguments are named by strings");
    if (count == MAX_ARGUMENTS)
      luaL_error(L, "too many arguments");
    arguments[count].name = check_name(L, -2);
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "argument '%s' must be a string, not a %s",
                 arguments[count].name, luaL_typename(L, -1));
    arguments[count].value = lua_tolstring(L, -1, &arguments[count].length);
    count++;
  }
  return count;
}


/* What the JSON body says: what was checked, whatever the table holds by now.
** [-0, +1, m] */
static void push_fields (lua_State *L, const mde_operation *operation,
                         const mde_argument *arguments, size_t count) {
  const mde_field *field = operation->fields;
  const mde_field *const end = field + MDE_FIELDS;
  size_t i;
  lua_createtable(L, 0, MDE_FIELDS);
  for (; field < end && field->key != NULL; field++)
    for (i = 0; i < count; i++)
      if (strcmp(arguments[i].name, field->argument) == 0) {
        lua_pushlstring(L, arguments[i].value, arguments[i].length);
        lua_setfield(L, -2, field->key);
      }
}


static int encode (lua_State *L) {
  const mde_operation *operation = check_operation(L, 1);
  mde_argument arguments[MAX_ARGUMENTS];
  const size_t count = read_arguments(L, 2, arguments);
  char *path = (char *)lua_newuserdata(
      L, mde_operation_room(operation, arguments, count));
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
    push_fields(L, operation, arguments, count);
    lua_setfield(L, -2, "fields");
  }
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


static void push_row (lua_State *L, const mde_operation *operation) {
  int i;
  lua_createtable(L, 0, 5);
  lua_pushstring(L, operation->method);
  lua_setfield(L, -2, "method");
  lua_pushstring(L, operation->returns);
  lua_setfield(L, -2, "returns");
  lua_pushinteger(L, operation->per_minute);
  lua_setfield(L, -2, "per_minute");
  lua_pushinteger(L, operation->per_hour);
  lua_setfield(L, -2, "per_hour");
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
