/* The header of an answer, collected line by line.
**
** A structure of zeros is empty; its owner frees it. The list points into the
** collected text, and is made once, after the last line.
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

/* Adds a received line. A status line drops the lines before it: an interim answer
** (1xx), or a proxy's answer to CONNECT. Returns NULL, or the code of an error:
** "too_large" (more than 64 KiB), "out_of_memory". */
const char *mde_headers_add (mde_headers *headers, const char *line,
                             size_t length);

/* Makes the list. False: out of memory. */
bool mde_headers_split (mde_headers *headers);

/* Overwrites and frees. */
void mde_headers_free (mde_headers *headers);

#endif
