/* Collects a request to the simulator's server, and converts it to a Lua table. */
#include "message.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#define MESSAGE "mde.httpd.message"


bool mde_message_append (mde_piece *piece, const char *bytes, size_t length) {
  size_t size = piece->size == 0 ? 256 : piece->size;
  if (length > MDE_MESSAGE_MAXIMUM - piece->length) return false;
  while (size - piece->length < length + 1) size *= 2;
  if (size > piece->size) {
    char *data = (char *)realloc(piece->data, size);
    if (data == NULL) return false;
    piece->data = data;
    piece->size = size;
  }
  memcpy(piece->data + piece->length, bytes, length);
  piece->length += length;
  piece->data[piece->length] = '\0';
  return true;
}


bool mde_message_add_header (mde_message *message, const char *name, const char *value) {
  mde_piece *headers = &message->headers;
  size_t i = headers->length;
  if (!mde_message_append(headers, name, strlen(name) + 1)) return false;
  for (; i < headers->length; i++)
    headers->data[i] = (char)tolower((unsigned char)headers->data[i]);
  return mde_message_append(headers, value, strlen(value) + 1);
}


static void free_piece (mde_piece *piece) {
  free(piece->data);
  *piece = (mde_piece){ NULL, 0, 0 };
}


void mde_message_free (mde_message *message) {
  free_piece(&message->method);
  free_piece(&message->path);
  free_piece(&message->headers);
  free_piece(&message->body);
}


static int collect (lua_State *L) {
  mde_message_free((mde_message *)luaL_checkudata(L, 1, MESSAGE));
  return 0;
}


void mde_message_open (lua_State *L) {
  luaL_newmetatable(L, MESSAGE);
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}


mde_message *mde_message_new (lua_State *L) {
  mde_message *message = (mde_message *)lua_newuserdatauv(L, sizeof *message, 0);
  memset(message, 0, sizeof *message);
  luaL_setmetatable(L, MESSAGE);
  return message;
}


static void push_piece (lua_State *L, const mde_piece *piece, const char *field) {
  lua_pushlstring(L, piece->data == NULL ? "" : piece->data, piece->length);
  lua_setfield(L, -2, field);
}


static void push_headers (lua_State *L, const mde_piece *headers) {
  size_t at = 0;
  lua_newtable(L);
  while (at < headers->length) {
    const char *name = headers->data + at, *value = name + strlen(name) + 1;
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
    at = (size_t)(value - headers->data) + strlen(value) + 1;
  }
}


void mde_message_push (lua_State *L, const mde_message *message) {
  lua_createtable(L, 0, 5);
  lua_pushinteger(L, message->id);
  lua_setfield(L, -2, "id");
  push_piece(L, &message->method, "method");
  push_piece(L, &message->path, "path");
  push_piece(L, &message->body, "body");
  push_headers(L, &message->headers);
  lua_setfield(L, -2, "headers");
}
