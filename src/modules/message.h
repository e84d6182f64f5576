/* Collects a request to the simulator's server, and converts it to a Lua table. */
#ifndef MDE_MESSAGE_H
#define MDE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

/* Most bytes of a body, and of the headers: a file of the library may have 20 MB. */
#define MDE_MESSAGE_MAXIMUM ((size_t)32 * 1024 * 1024)

typedef struct mde_piece {
  char *data;
  size_t length, size;
} mde_piece;

/* A message; all-zero is empty. */
typedef struct mde_message {
  lua_Integer id;
  mde_piece method, path, headers, body;  /* headers: name NUL value NUL ... */
} mde_message;

/* Appends bytes and a NUL. Returns false above MDE_MESSAGE_MAXIMUM bytes, or without memory. */
bool mde_message_append (mde_piece *piece, const char *bytes, size_t length);

/* Appends a header, its name in lower case. Returns false as above. */
bool mde_message_add_header (mde_message *message, const char *name, const char *value);

/* Frees its bytes and makes it empty. */
void mde_message_free (mde_message *message);

/* Makes the metatable of messages owned by Lua. [-0, +0, m] */
void mde_message_open (lua_State *L);

/* Pushes an empty message, owned by Lua. [-0, +1, m] */
mde_message *mde_message_new (lua_State *L);

/* Pushes { id, method, path, headers, body }. The message must be owned by Lua: pushing allocates
** memory, so that finalizers may run, which may do anything to the server. [-0, +1, m] */
void mde_message_push (lua_State *L, const mde_message *message);

#endif
