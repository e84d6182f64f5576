/* Bytes between the program and its worker: buffers, and frames in them.
**
** A frame is the size of what follows (4 bytes), its kind (a letter) and values as
** codec.h writes them. Both ends are the same executable on the same machine, so
** numbers are as the machine has them. Nothing that is read is trusted.
*/
#ifndef MDE_FRAME_H
#define MDE_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#define MDE_FRAME_MOST ((size_t)1 << 20)  /* bytes after the size */

/* To the worker: L name text; M text name, N message (to a require); A action machine;
** C; Q. From it: F form; R module; D decision reason; E message; P text; C lines;
** B, after which it ends. */
typedef struct mde_frame {
  char kind;
  const char *data;  /* in the buffer that it was found in */
  size_t size;
} mde_frame;

/* Zeroed but for `most` it is empty. With `data` and `capacity` = `most` given it
** never allocates. */
typedef struct mde_frames {
  char *data;
  size_t size, capacity;
  size_t most;  /* bytes that it may have */
} mde_frames;

/* Room for `extra` bytes more at data + size. False: more than `most`, or no memory. */
bool mde_frames_reserve (mde_frames *buffer, size_t extra);

/* Appends; false as above. */
bool mde_frames_add (mde_frames *buffer, const void *bytes, size_t size);

/* Removes the first bytes. */
void mde_frames_drop (mde_frames *buffer, size_t size);

/* A frame begins at the end of the buffer; mde_frame_end is told where that was.
** False: no room, or the frame is too large. */
bool mde_frame_begin (mde_frames *buffer, char kind);
bool mde_frame_end (mde_frames *buffer, size_t start);

typedef enum mde_frame_state { MDE_FRAME_WHOLE, MDE_FRAME_PART, MDE_FRAME_GARBLED } mde_frame_state;

/* Looks for a frame at `data`; a whole one takes 4 + 1 + frame->size bytes. */
mde_frame_state mde_frame_find (const char *data, size_t size, mde_frame *frame);

#define MDE_FRAME_HEAD 5

#endif
