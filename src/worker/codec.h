/* Converts plain Lua values to bytes and back.
**
** Values are strings, finite numbers, booleans, nil, and tables of these with strings and integers
** as keys, nested at most MDE_CODEC_DEEPEST deep, with at most MDE_CODEC_MOST values in all.
** Tables are read raw, and each field once.
*/
#ifndef MDE_CODEC_H
#define MDE_CODEC_H

#include <lua.h>

#include "frame.h"

#define MDE_CODEC_DEEPEST 8
#define MDE_CODEC_MOST 10000

typedef struct mde_writer {
  mde_frames *buffer;
  bool policy;          /* the value is a policy's: functions allowed, metatables not */
  size_t values;        /* written so far; 0 at first */
  const char *problem;  /* the reason why a value could not be written */
  char path[160];       /* its path inside the value: "guard.max" */
} mde_writer;

typedef struct mde_reader {
  const char *at, *end;
  size_t values;  /* read so far; 0 at first */
} mde_reader;

/* Appends the value at `index`. Returns false on failure: writer->problem has the reason, and the
** caller must discard the bytes written. A function of a policy is written as a table: function =
** true, line, last, parameters, and index (its place in a list). Allocates no Lua memory, so that
** no finalizer runs. [-0, +0, -] */
bool mde_codec_write (lua_State *L, int index, mde_writer *writer);

/* Pushes the next value. Returns false if the bytes are malformed; the stack is then undefined.
** [-0, +1, m] */
bool mde_codec_read (lua_State *L, mde_reader *reader);

#endif
