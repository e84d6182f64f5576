/* An answer as a table. */
#include "bind.h"


/* Adds one header. Values of a repeated name are joined with a comma, as HTTP
** allows (RFC 9110, 5.3). [-0, +0, m] */
static void add_header (lua_State *L, int table, const mde_header *header) {
  lua_pushlstring(L, header->name.data, header->name.length);
  lua_pushvalue(L, -1);
  lua_rawget(L, table);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushlstring(L, header->value.data, header->value.length);
  }
  else {
    lua_pushliteral(L, ", ");
    lua_pushlstring(L, header->value.data, header->value.length);
    lua_concat(L, 3);
  }
  lua_rawset(L, table);
}


void mde_push_response (lua_State *L, const mde_response *response) {
  size_t i;
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, response->status);
  lua_setfield(L, -2, "status");
  lua_pushlstring(L, response->body.data, response->body.length);
  lua_setfield(L, -2, "body");
  lua_pushnumber(L, response->seconds);
  lua_setfield(L, -2, "seconds");
  lua_createtable(L, 0, (int)response->header_count);
  for (i = 0; i < response->header_count; i++)
    add_header(L, lua_gettop(L), &response->headers[i]);
  lua_setfield(L, -2, "headers");
}
