/* Fuzzes the header lines of an answer, each with its length before it. */
#include "core/headers.h"
#include "fuzz.h"


int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  mde_headers headers = { .list = NULL };
  const char *wrong = NULL;
  size_t i, total = 0;
  while (size > 0 && wrong == NULL) {
    size_t length;
    const size_t most = fuzz_byte(&data, &size);
    char *line = fuzz_take(&data, &size, most, &length);
    wrong = mde_headers_add(&headers, line, length);
    free(line);
  }
  if (wrong == NULL && mde_headers_split(&headers))
    for (i = 0; i < headers.count; i++)
      total += headers.list[i].name.length + headers.list[i].value.length;
  if (total > headers.text.length) abort();
  mde_headers_free(&headers);
  return 0;
}
