/* Fuzzes operations and their arguments: any row, with its own and other names. */
#include "core/operation.h"
#include "core/identifier.h"
#include "fuzz.h"

#define MOST 6

static const char *const names[] = {
  "id", "machine", "device", "index", "ip", "timestamp", "file", "comment", "type", "scope",
  "query", "value", "tag", "action", "machines", "sha1", "scan", "isolation", "level", "x"
};


static const mde_operation *pick (uint8_t number) {
  size_t count = 0;
  while (mde_operations[count].name != NULL) count++;
  return &mde_operations[number % count];
}


static void encode (const mde_operation *row, const mde_argument *arguments, size_t count) {
  const size_t room = mde_operation_room(row, arguments, count);
  char *path = (char *)malloc(room);
  size_t length = 0;
  mde_error error;
  if (mde_operation_path(row, arguments, count, path, &length, &error)) {
    if (length > room) abort();
    (void)mde_operation_match(row->method, path, length);
  }
  free(path);
}


int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  const mde_operation *row = pick(fuzz_byte(&data, &size));
  mde_argument arguments[MOST];
  char *values[MOST], guid[MDE_GUID_LENGTH + 1];
  size_t count = 0, i;
  while (size > 0 && count < MOST) {
    mde_argument *argument = &arguments[count];
    argument->name = names[fuzz_byte(&data, &size) % (sizeof names / sizeof names[0])];
    values[count] = fuzz_take(&data, &size, fuzz_byte(&data, &size), &argument->length);
    argument->value = values[count];
    (void)mde_guid(argument->value, argument->length, guid);
    (void)mde_operation_match("GET", argument->value, argument->length);
    count++;
  }
  if (row->path[0] != '\0') encode(row, arguments, count);
  for (i = 0; i < count; i++) free(values[i]);
  return 0;
}
