/* Bytes that grow up to a maximum and leave no copy behind.
**
** For what comes from the network and may hold a token. All-zero but for
** `maximum` is an empty buffer; who made it frees it. Buffers of one pool have
** together a maximum too.
*/
#ifndef MDE_BUFFER_H
#define MDE_BUFFER_H

#include <stddef.h>

typedef struct mde_pool {
  size_t room, maximum;  /* bytes; room is what its buffers have */
} mde_pool;

typedef struct mde_buffer {
  char *data;  /* NULL while nothing was added */
  size_t length, room, maximum;
  mde_pool *pool;  /* NULL: none */
} mde_buffer;

/* Adds bytes. Returns NULL, or what is wrong: "too_large", "out_of_memory". */
const char *mde_buffer_add (mde_buffer *buffer, const char *bytes,
                            size_t length);

/* Takes the buffer out of its pool: it may outlive it, and does not grow any more. */
void mde_buffer_leave_pool (mde_buffer *buffer);

/* Overwrites and frees the bytes. */
void mde_buffer_free (mde_buffer *buffer);

#endif
