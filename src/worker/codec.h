/* Plain Lua values as bytes, and back: strings, finite numbers, booleans, nil, and
** tables of them with strings and integers as keys, at most MDE_CODEC_DEEPEST deep
** and MDE_CODEC_MOST values in all. Tables are read raw, and each field once.
*/
#ifndef MDE_CODEC_H
#define MDE_CODEC_H

#include <lua.h>

#include "frame.h"

#define MDE_CODEC_DEEPEST 8
#define MDE_CODEC_MOST 10000

typedef struct mde_writer {
  mde_frames *buffer;
  bool policy;          /* the value is a policy's: no metatables, but functions */
  size_t values;        /* written so far; 0 at first */
  const char *problem;  /* why a value could not be written */
  char path[160];       /* where in the value that was: "guard.max" */
} mde_writer;

typedef struct mde_reader {
  const char *at, *end;
  size_t values;  /* read so far; 0 at first */
} mde_reader;

/* Appends the value at `index`. False: writer->problem says why, and what is in the
** buffer is to be taken back. A function of a policy is written as a table: function =
** true, line, last, parameters, and its place in a list as index. It takes no memory of
** Lua, so that no finalizer runs. [-0, +0, -] */
bool mde_codec_write (lua_State *L, int index, mde_writer *writer);

/* Pushes the next value. False: the bytes are not what a writer writes, and anything
** may be on the stack. [-0, +1, m] */
bool mde_codec_read (lua_State *L, mde_reader *reader);

#endif
