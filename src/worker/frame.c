/* Frames between the program and its worker, and the buffers that hold them. */
#include "frame.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>


bool mde_frames_reserve (mde_frames *buffer, size_t extra) {
  size_t capacity = buffer->capacity;
  char *data;
  if (extra > buffer->most || buffer->size > buffer->most - extra) return false;
  if (buffer->size + extra <= capacity) return true;
  if (capacity < 4096) capacity = 4096;
  while (capacity < buffer->size + extra) capacity *= 2;
  if (capacity > buffer->most) capacity = buffer->most;
  data = (char *)realloc(buffer->data, capacity);
  if (data == NULL) return false;
  buffer->data = data;
  buffer->capacity = capacity;
  return true;
}


bool mde_frames_add (mde_frames *buffer, const void *bytes, size_t size) {
  if (!mde_frames_reserve(buffer, size)) return false;
  if (size > 0) memcpy(buffer->data + buffer->size, bytes, size);
  buffer->size += size;
  return true;
}


void mde_frames_drop (mde_frames *buffer, size_t size) {
  if (size == 0) return;
  buffer->size -= size;
  memmove(buffer->data, buffer->data + size, buffer->size);
}


bool mde_frame_begin (mde_frames *buffer, char kind) {
  const char head[MDE_FRAME_HEAD] = { 0, 0, 0, 0, kind };
  return mde_frames_add(buffer, head, sizeof head);
}


bool mde_frame_end (mde_frames *buffer, size_t start) {
  size_t size = buffer->size - start - sizeof(uint32_t);
  uint32_t written = (uint32_t)size;
  if (size > MDE_FRAME_MOST) return false;
  memcpy(buffer->data + start, &written, sizeof written);
  return true;
}


mde_frame_state mde_frame_find (const char *data, size_t size, mde_frame *frame) {
  uint32_t written;
  if (size < sizeof written) return MDE_FRAME_PART;
  memcpy(&written, data, sizeof written);
  if (written == 0 || written > MDE_FRAME_MOST) return MDE_FRAME_GARBLED;
  if (size - sizeof written < written) return MDE_FRAME_PART;
  frame->kind = data[sizeof written];
  frame->data = data + MDE_FRAME_HEAD;
  frame->size = written - 1;
  return MDE_FRAME_WHOLE;
}
