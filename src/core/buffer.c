#include "buffer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

#define ROOM_AT_FIRST 1024


/* Not by realloc, which may leave the old bytes behind. */
static bool make_room (mde_buffer *buffer, size_t needed) {
  size_t room = buffer->room > 0 ? buffer->room : ROOM_AT_FIRST;
  char *data;
  if (needed <= buffer->room) return true;
  while (room < needed)
    room = room > SIZE_MAX / 2 ? needed : room * 2;
  data = (char *)malloc(room);
  if (data == NULL) return false;
  if (buffer->length > 0) memcpy(data, buffer->data, buffer->length);
  mde_buffer_free(buffer);
  buffer->data = data;
  buffer->room = room;
  return true;
}


const char *mde_buffer_add (mde_buffer *buffer, const char *bytes,
                            size_t length) {
  if (length > buffer->maximum - buffer->length) return "too_large";
  if (!make_room(buffer, buffer->length + length)) return "out_of_memory";
  if (length > 0) memcpy(buffer->data + buffer->length, bytes, length);
  buffer->length += length;
  return NULL;
}


void mde_buffer_free (mde_buffer *buffer) {
  mde_wipe(buffer->data, buffer->length);
  free(buffer->data);
}
