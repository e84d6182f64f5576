/* Grows byte buffers up to a maximum, and overwrites old copies. */
#include "buffer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

#define ROOM_AT_FIRST 1024


/* The room for so many bytes, and some more, so that a buffer seldom grows. */
static size_t room_for (const mde_buffer *buffer, size_t needed) {
  size_t room = buffer->room > 0 ? buffer->room : ROOM_AT_FIRST;
  while (room < needed)
    room = room > SIZE_MAX / 2 ? needed : room * 2;
  return room < buffer->maximum ? room : buffer->maximum;
}


static bool fits_pool (const mde_buffer *buffer, size_t room) {
  const mde_pool *pool = buffer->pool;
  return pool == NULL || room - buffer->room <= pool->maximum - pool->room;
}


/* Avoids realloc, which may leave the old bytes behind. */
static const char *grow (mde_buffer *buffer, size_t room) {
  char *data = (char *)malloc(room);
  if (data == NULL) return "out_of_memory";
  if (buffer->length > 0) memcpy(data, buffer->data, buffer->length);
  mde_buffer_free(buffer);
  buffer->data = data;
  buffer->room = room;
  if (buffer->pool != NULL) buffer->pool->room += room;
  return NULL;
}


const char *mde_buffer_add (mde_buffer *buffer, const char *bytes,
                            size_t length) {
  const char *wrong = NULL;
  size_t room;
  if (length > buffer->maximum - buffer->length) return "too_large";
  room = room_for(buffer, buffer->length + length);
  if (!fits_pool(buffer, room)) return "too_large";
  if (room > buffer->room) wrong = grow(buffer, room);
  if (wrong != NULL) return wrong;
  if (length > 0) memcpy(buffer->data + buffer->length, bytes, length);
  buffer->length += length;
  return NULL;
}


void mde_buffer_leave_pool (mde_buffer *buffer) {
  if (buffer->pool != NULL) buffer->pool->room -= buffer->room;
  buffer->pool = NULL;
}


void mde_buffer_free (mde_buffer *buffer) {
  if (buffer->pool != NULL) buffer->pool->room -= buffer->room;
  if (buffer->data != NULL) mde_wipe(buffer->data, buffer->length);
  free(buffer->data);
  buffer->data = NULL;
  buffer->room = 0;
}
