/* The header of an answer, collected line by line.
**
** All-zero is an empty one; who made it frees it. The list points into the
** collected text and is made once, when all lines are there.
*/
#ifndef MDE_HEADERS_H
#define MDE_HEADERS_H

#include <stdbool.h>

#include "buffer.h"
#include "engine.h"

typedef struct mde_headers {
  mde_buffer text;  /* lines, their names already in lower case */
  mde_header *list;
  size_t count;
} mde_headers;

/* Adds a line as it came. A status line drops what came before: an interim
** answer (1xx), or a proxy's to CONNECT. Returns NULL, or what is wrong:
** "too_large" (more than 64 KiB), "out_of_memory". */
const char *mde_headers_add (mde_headers *headers, const char *line,
                             size_t length);

/* Makes the list. False: out of memory. */
bool mde_headers_split (mde_headers *headers);

/* Overwrites and frees. */
void mde_headers_free (mde_headers *headers);

#endif
