#include "operation.h"

#include <string.h>

#include "identifier.h"

#define ID_MARK "{id}"

/* Any one of these lets an application cancel. Source: Microsoft's page
** "Cancel machine action API", section Permissions. */
static const char *const may_cancel[] = {
  "Machine.CollectForensics", "Machine.Isolate", "Machine.RestrictExecution",
  "Machine.Scan", "Machine.Offboard", "Machine.StopAndQuarantine",
  "Machine.LiveResponse", NULL
};

/* Source: "List MachineActions API" and "Get machineAction API". */
static const char *const may_read[] = {
  "Machine.Read.All", "Machine.ReadWrite.All", NULL
};

/* Limits: the section Limitations of each operation's page. The page of
** `cancel` leaves open whether Comment is required; Microsoft's own connector
** requires it, and an incident is no place to find out. */
const mde_operation mde_operations[] = {
  { .name = "cancel", .method = "POST",
    .path = "/api/machineactions/{id}/cancel",
    .fields = { { "comment", "Comment", true } },
    .returns = "action", .per_minute = 100, .per_hour = 1500,
    .permissions = may_cancel },
  { .name = "get", .method = "GET", .path = "/api/machineactions/{id}",
    .returns = "action", .per_minute = 100, .per_hour = 1500,
    .permissions = may_read },
  { .name = "list", .method = "GET", .path = "/api/machineactions",
    .query = true,
    .returns = "actions", .per_minute = 100, .per_hour = 1500,
    .permissions = may_read },
  { .name = NULL }
};


const mde_operation *mde_operation_find (const char *name) {
  const mde_operation *row;
  for (row = mde_operations; row->name != NULL; row++)
    if (strcmp(row->name, name) == 0) return row;
  return NULL;
}


static const mde_argument *find (const mde_argument *arguments, size_t count,
                                 const char *name) {
  size_t i;
  for (i = 0; i < count; i++)
    if (strcmp(arguments[i].name, name) == 0) return &arguments[i];
  return NULL;
}


/* {{ Checks */

/* The message stays one line, and shows the byte that is out of place too. */
static bool refuse (mde_error *error, const mde_operation *operation,
                    const mde_argument *argument, const char *expected) {
  char shown[60 + 1];
  size_t i;
  for (i = 0; i < argument->length && i < sizeof shown - 1; i++) {
    const char c = argument->value[i];
    shown[i] = (char)(c < ' ' || c > '~' ? '?' : c);
  }
  shown[i] = '\0';
  mde_error_set(error, "invalid_argument", "%s: %s '%s' is not %s",
                operation->name, argument->name, shown, expected);
  return false;
}


/* How many bytes the UTF-8 character at `s` takes; 0 if it is malformed, is a
** surrogate, is longer than need be, or is NUL. */
static size_t utf8_character (const unsigned char *s, size_t left) {
  static const unsigned long least[] = { 0, 1, 0x80, 0x800, 0x10000 };
  const size_t size = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2
                      : s[0] < 0xF0 ? 3 : s[0] < 0xF8 ? 4 : 0;
  unsigned long code;
  size_t i;
  if (size == 0 || size > left) return 0;
  code = size == 1 ? s[0] : s[0] & (0xFFUL >> (size + 1));
  for (i = 1; i < size; i++) {
    if ((s[i] & 0xC0) != 0x80) return 0;
    code = code << 6 | (s[i] & 0x3F);
  }
  if (code < least[size] || code > 0x10FFFF) return 0;
  return code >= 0xD800 && code <= 0xDFFF ? 0 : size;
}


static bool is_text (const mde_argument *argument) {
  const unsigned char *s = (const unsigned char *)argument->value;
  size_t left = argument->length;
  while (left > 0) {
    const size_t size = utf8_character(s, left);
    if (size == 0) return false;
    s += size;
    left -= size;
  }
  return true;
}


static bool is_blank (const mde_argument *argument) {
  size_t i;
  for (i = 0; i < argument->length; i++)
    if (strchr(" \t\r\n", argument->value[i]) == NULL) return false;
  return true;
}


static bool is_query (const mde_argument *argument) {
  size_t i;
  for (i = 0; i < argument->length; i++)
    if (argument->value[i] <= ' ' || argument->value[i] >= 0x7F) return false;
  return true;
}


static bool check_field (const mde_operation *operation,
                         const mde_field *field, const mde_argument *argument,
                         mde_error *error) {
  if (argument == NULL) {
    if (!field->required) return true;
    mde_error_set(error, "invalid_argument",
                  "%s: %s is missing: say why, in a few words",
                  operation->name, field->argument);
    return false;
  }
  if (!is_text(argument))
    return refuse(error, operation, argument, "UTF-8 text");
  if (is_blank(argument))
    return refuse(error, operation, argument, "text: it is blank");
  return true;
}


static const mde_field *find_field (const mde_operation *operation,
                                    const char *argument) {
  size_t i;
  for (i = 0; i < MDE_FIELDS && operation->fields[i].key != NULL; i++)
    if (strcmp(operation->fields[i].argument, argument) == 0)
      return &operation->fields[i];
  return NULL;
}


static bool takes_id (const mde_operation *operation) {
  return strstr(operation->path, ID_MARK) != NULL;
}


static bool check_names (const mde_operation *operation,
                         const mde_argument *arguments, size_t count,
                         mde_error *error) {
  size_t i;
  for (i = 0; i < count; i++) {
    const char *name = arguments[i].name;
    if ((takes_id(operation) && strcmp(name, "id") == 0)
        || (operation->query && strcmp(name, "query") == 0)
        || find_field(operation, name) != NULL)
      continue;
    mde_error_set(error, "invalid_argument", "%s takes no argument '%.60s'",
                  operation->name, name);
    return false;
  }
  return true;
}

/* }} */


/* {{ Writing */

static char *append (char *to, const char *from, size_t length) {
  if (length > 0) memcpy(to, from, length);
  return to + length;
}


static char *append_path (char *to, const mde_operation *operation,
                          const char *id, const mde_argument *query) {
  const char *mark = strstr(operation->path, ID_MARK);
  if (mark == NULL)
    to = append(to, operation->path, strlen(operation->path));
  else {
    to = append(to, operation->path, (size_t)(mark - operation->path));
    to = append(to, id, MDE_GUID_LENGTH);
    mark += sizeof(ID_MARK) - 1;
    to = append(to, mark, strlen(mark));
  }
  if (query != NULL && query->length > 0) {
    *to++ = '?';
    to = append(to, query->value, query->length);
  }
  return to;
}

/* }} */


size_t mde_operation_room (const mde_operation *operation,
                           const mde_argument *arguments, size_t count) {
  const mde_argument *query = find(arguments, count, "query");
  return strlen(operation->path) + MDE_GUID_LENGTH + 1
         + (query != NULL ? query->length : 0);
}


static bool check (const mde_operation *operation,
                   const mde_argument *arguments, size_t count,
                   char guid[MDE_GUID_LENGTH + 1], mde_error *error) {
  const mde_argument *id = find(arguments, count, "id");
  const mde_argument *query = find(arguments, count, "query");
  size_t i;
  if (!check_names(operation, arguments, count, error)) return false;
  if (takes_id(operation)) {
    if (id == NULL) {
      mde_error_set(error, "invalid_argument", "%s: id is missing",
                    operation->name);
      return false;
    }
    if (!mde_guid(id->value, id->length, guid))
      return refuse(error, operation, id, "a machine action's id, such as "
                    "988cc94e-7a8f-4b28-ab65-54970c5d5018");
  }
  if (query != NULL && !is_query(query))
    return refuse(error, operation, query, "a percent-encoded query string");
  for (i = 0; i < MDE_FIELDS && operation->fields[i].key != NULL; i++) {
    const mde_field *field = &operation->fields[i];
    if (!check_field(operation, field, find(arguments, count, field->argument),
                     error))
      return false;
  }
  return true;
}


bool mde_operation_path (const mde_operation *operation,
                         const mde_argument *arguments, size_t count,
                         char *buffer, size_t *length, mde_error *error) {
  char guid[MDE_GUID_LENGTH + 1];
  const char *end;
  if (!check(operation, arguments, count, guid, error)) return false;
  end = append_path(buffer, operation, guid, find(arguments, count, "query"));
  *length = (size_t)(end - buffer);
  return true;
}
