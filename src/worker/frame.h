/* Frames between the program and its worker, and the buffers that hold them.
**
** A frame is the size of the rest (4 bytes), its kind (a letter), and values in the form of
** codec.h. Both ends are the same executable on the same machine, so numbers have the machine's
** byte order. Nothing that is read is trusted.
*/
#ifndef MDE_FRAME_H
#define MDE_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#define MDE_FRAME_MOST ((size_t)1 << 20)  /* bytes after the size */

/* Kinds to the worker: L name text; M text name, or N message, in reply to R; A action machine;
** C; Q. Kinds from it: F form; R module; D decision reason; E message; P text; C lines; B, after
** which it ends. */
typedef struct mde_frame {
  char kind;
  const char *data;  /* points into the buffer that was searched */
  size_t size;
} mde_frame;

/* A buffer. If all fields but `most` are zero, it is empty. If `data` and `capacity` = `most` are
** given, it never allocates. */
typedef struct mde_frames {
  char *data;
  size_t size, capacity;
  size_t most;  /* largest size */
} mde_frames;

/* Makes room for `extra` more bytes at data + size. Returns false if that exceeds `most`, or
** memory is short. */
bool mde_frames_reserve (mde_frames *buffer, size_t extra);

/* Appends bytes. Returns false as mde_frames_reserve does. */
bool mde_frames_add (mde_frames *buffer, const void *bytes, size_t size);

/* Removes the first bytes. */
void mde_frames_drop (mde_frames *buffer, size_t size);

/* mde_frame_begin begins a frame at the end of the buffer, and mde_frame_end ends the frame that
** began at `start`. They return false if there is no room, or the frame is too large. */
bool mde_frame_begin (mde_frames *buffer, char kind);
bool mde_frame_end (mde_frames *buffer, size_t start);

typedef enum mde_frame_state { MDE_FRAME_WHOLE, MDE_FRAME_PART, MDE_FRAME_GARBLED } mde_frame_state;

/* Finds a frame at `data`. A whole one has MDE_FRAME_HEAD + frame->size bytes. */
mde_frame_state mde_frame_find (const char *data, size_t size, mde_frame *frame);

#define MDE_FRAME_HEAD 5

#endif
