/* Functions shared by the fuzz targets.
**
** `make fuzz` builds each file of this folder with libFuzzer into build/fuzz. Run one for ten minutes
** with `build/fuzz/NAME NEW spec/fuzz/corpus/NAME -max_total_time=600`; NEW is a folder for the
** inputs that it finds.
*/
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);


/* Takes up to `most` bytes from the front, as a block of exactly that size, so that the
** sanitizer sees a read beyond it. The caller frees it. */
static inline char *fuzz_take (const uint8_t **data, size_t *size, size_t most, size_t *length) {
  char *block;
  *length = *size < most ? *size : most;
  block = (char *)malloc(*length);
  if (*length > 0) memcpy(block, *data, *length);
  *data += *length;
  *size -= *length;
  return block;
}


/* The next byte; 0 at the end. */
static inline uint8_t fuzz_byte (const uint8_t **data, size_t *size) {
  if (*size == 0) return 0;
  --*size;
  return *(*data)++;
}

#endif
