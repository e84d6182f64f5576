/* Collects the header of an answer line by line. */
#include "headers.h"

#include <stdlib.h>
#include <string.h>

#include "secret.h"

#define MAXIMUM ((size_t)64 * 1024)  /* bytes */


static void lower (char *text, size_t length) {
  size_t i;
  for (i = 0; i < length; i++)
    if (text[i] >= 'A' && text[i] <= 'Z') text[i] = (char)(text[i] + 32);
}


const char *mde_headers_add (mde_headers *headers, const char *line,
                             size_t length) {
  mde_buffer *text = &headers->text;
  const size_t start = text->length;
  const char *colon = (const char *)memchr(line, ':', length);
  const char *wrong;
  if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    mde_wipe(text->data, text->length);
    text->length = 0;
    return NULL;
  }
  text->maximum = MAXIMUM;
  wrong = mde_buffer_add(text, line, length);
  if (wrong == NULL && colon != NULL)
    lower(text->data + start, (size_t)(colon - line));
  return wrong;
}


static bool is_blank (char c) {
  return c == ' ' || c == '\t' || c == '\r';
}


/* Appends a line to the list, unless it has no name (the empty line that ends
** the header, or the rest of a folded value). */
static void take_line (mde_headers *headers, const char *line,
                       const char *end) {
  const char *colon = (const char *)memchr(line, ':', (size_t)(end - line));
  mde_header *header = &headers->list[headers->count];
  const char *value;
  if (colon == NULL || is_blank(*line)) return;
  value = colon + 1;
  while (value < end && is_blank(*value)) value++;
  while (end > value && is_blank(end[-1])) end--;
  header->name.data = line;
  header->name.length = (size_t)(colon - line);
  header->value.data = value;
  header->value.length = (size_t)(end - value);
  headers->count++;
}


static const char *line_end (const char *line, const char *end) {
  return (const char *)memchr(line, '\n', (size_t)(end - line));
}


bool mde_headers_split (mde_headers *headers) {
  const char *line = headers->text.data;
  const char *end, *at;
  size_t lines = 0;
  if (line == NULL) return true;
  end = line + headers->text.length;
  for (at = line; (at = line_end(at, end)) != NULL; at++) lines++;
  if (lines == 0) return true;
  headers->list = (mde_header *)calloc(lines, sizeof *headers->list);
  if (headers->list == NULL) return false;
  for (; (at = line_end(line, end)) != NULL; line = at + 1) take_line(headers, line, at);
  return true;
}


void mde_headers_free (mde_headers *headers) {
  mde_buffer_free(&headers->text);
  free(headers->list);
}
