/* Bytes that grow up to a maximum and leave no copy behind.
**
** For bytes from the network, which may hold a token. A buffer of zeros, except
** `maximum`, is empty; its owner frees it. The buffers of one pool also share a
** maximum.
*/
#ifndef MDE_BUFFER_H
#define MDE_BUFFER_H

#include <stddef.h>

typedef struct mde_pool {
  size_t room, maximum;  /* bytes; room is the total of its buffers */
} mde_pool;

typedef struct mde_buffer {
  char *data;  /* NULL if nothing was added */
  size_t length, room, maximum;
  mde_pool *pool;  /* NULL: none */
} mde_buffer;

/* Adds bytes. Returns NULL, or the code of an error: "too_large", "out_of_memory". */
const char *mde_buffer_add (mde_buffer *buffer, const char *bytes,
                            size_t length);

/* Takes the buffer out of its pool, which it may outlive. It must not grow any more. */
void mde_buffer_leave_pool (mde_buffer *buffer);

/* Overwrites and frees the bytes. */
void mde_buffer_free (mde_buffer *buffer);

#endif
