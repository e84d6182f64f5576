/* Makes the path of a request from an operation's arguments: see operation.h. */
#include <string.h>

#include "identifier.h"
#include "operation.h"


/* Checks */

/* Keeps the message on one line, and makes the wrong byte visible. */
static bool refuse (mde_error *error, const mde_operation *operation,
                    const mde_argument *argument, mde_kind kind,
                    const char *expected) {
  char shown[60 + 1];
  size_t i;
  for (i = 0; i < argument->length && i < sizeof shown - 1; i++) {
    const char c = argument->value[i];
    shown[i] = (char)(c < ' ' || c > '~' ? '?' : c);
  }
  shown[i] = '\0';
  mde_error_set(error, "invalid_argument", "%s: %s '%s' is not %s%s",
                operation->name, argument->name, shown,
                kind == MDE_CHOICE ? "one of " : "", expected);
  return false;
}


static bool lacks (mde_error *error, const mde_operation *operation,
                   const char *name, size_t length) {
  const bool is_comment = strncmp(name, "comment", length) == 0;
  mde_error_set(error, "invalid_argument", "%s: %.*s is missing%s",
                operation->name, (int)length, name,
                is_comment ? ": say why, in a few words" : "");
  return false;
}


/* Characters of a path. */
static const struct {
  const char *name;
  mde_kind kind;
} parts[] = {
  { "id", MDE_ACTION }, { "machine", MDE_MACHINE }, { "device", MDE_DEVICE },
  { "index", MDE_INDEX }, { "ip", MDE_IP }, { "timestamp", MDE_TIMESTAMP },
  { "file", MDE_FILE }
};


static mde_kind kind_of (const char *name, size_t length) {
  size_t i;
  for (i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (strncmp(parts[i].name, name, length) == 0
        && parts[i].name[length] == '\0')
      return parts[i].kind;
  return MDE_TEXT;
}


/* The next "{name}" at or after `path`: its name, and how long that is. NULL if
** there is none. */
static const char *next_part (const char *path, size_t *length) {
  const char *open = strchr(path, '{');
  if (open == NULL) return NULL;
  *length = strcspn(open + 1, "}");
  return open + 1;
}


static bool takes (const mde_operation *operation, const char *name) {
  const char *part = operation->path;
  size_t length, i;
  while ((part = next_part(part, &length)) != NULL)
    if (strncmp(part, name, length) == 0 && name[length] == '\0') return true;
  for (i = 0; i < MDE_FIELDS && operation->fields[i].key != NULL; i++)
    if (strcmp(operation->fields[i].argument, name) == 0) return true;
  return operation->query && strcmp(name, "query") == 0;
}


static bool check_names (const mde_operation *operation,
                         const mde_argument *arguments, size_t count,
                         mde_error *error) {
  size_t i;
  for (i = 0; i < count; i++)
    if (!takes(operation, arguments[i].name)) {
      mde_error_set(error, "invalid_argument", "%s takes no argument '%.60s'",
                    operation->name, arguments[i].name);
      return false;
    }
  return true;
}


static bool check_parts (const mde_operation *operation,
                         const mde_argument *arguments, size_t count,
                         mde_error *error) {
  const char *part = operation->path;
  size_t length;
  while ((part = next_part(part, &length)) != NULL) {
    const mde_argument *argument
        = mde_argument_find(arguments, count, part, length);
    const mde_kind kind = kind_of(part, length);
    const char *fault;
    if (argument == NULL) return lacks(error, operation, part, length);
    fault = mde_argument_fault(argument, kind, NULL);
    if (fault != NULL) return refuse(error, operation, argument, kind, fault);
  }
  return true;
}


/* Checks every argument of that name: a list has several. */
static bool check_field (const mde_operation *operation,
                         const mde_field *field, const mde_argument *arguments,
                         size_t count, mde_error *error) {
  size_t i, found = 0;
  for (i = 0; i < count; i++) {
    const char *fault;
    if (strcmp(arguments[i].name, field->argument) != 0) continue;
    found++;
    fault = mde_argument_fault(&arguments[i], field->kind, field->choices);
    if (fault != NULL)
      return refuse(error, operation, &arguments[i], field->kind, fault);
  }
  if (found == 0)
    return lacks(error, operation, field->argument, strlen(field->argument));
  if (found > MDE_MOST_MACHINES) {
    mde_error_set(error, "invalid_argument", "%s: more than %d %s",
                  operation->name, MDE_MOST_MACHINES, field->argument);
    return false;
  }
  return true;
}


static bool check (const mde_operation *operation,
                   const mde_argument *arguments, size_t count,
                   const mde_argument *query, mde_error *error) {
  size_t i;
  if (!check_names(operation, arguments, count, error)
      || !check_parts(operation, arguments, count, error))
    return false;
  if (query != NULL) {
    const char *fault = mde_argument_fault(query, MDE_QUERY, NULL);
    if (fault != NULL)
      return refuse(error, operation, query, MDE_QUERY, fault);
  }
  for (i = 0; i < MDE_FIELDS && operation->fields[i].key != NULL; i++)
    if (!check_field(operation, &operation->fields[i], arguments, count, error))
      return false;
  return true;
}


/* Writing */

static char *append (char *to, const char *from, size_t length) {
  if (length > 0) memcpy(to, from, length);
  return to + length;
}


static char lower (char c) {
  return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}


/* Percent-encodes all but unreserved characters and colons (RFC 3986, 3.3).
** Ids are written in one spelling. */
static char *append_value (char *to, const mde_argument *argument,
                           mde_kind kind) {
  static const char digits[] = "0123456789ABCDEF";
  const bool is_id = kind == MDE_ACTION || kind == MDE_MACHINE;
  size_t i;
  for (i = 0; i < argument->length; i++) {
    const unsigned char c = (unsigned char)argument->value[i];
    const char small = lower((char)c);
    if ((small >= 'a' && small <= 'z') || (c >= '0' && c <= '9')
        || (c != '\0' && strchr("-._~:", c) != NULL))
      *to++ = is_id ? small : (char)c;
    else {
      *to++ = '%';
      *to++ = digits[c >> 4];
      *to++ = digits[c & 15];
    }
  }
  return to;
}


static char *append_path (char *to, const char *path,
                          const mde_argument *arguments, size_t count) {
  const char *part;
  size_t length;
  while ((part = next_part(path, &length)) != NULL) {
    to = append(to, path, (size_t)(part - 1 - path));
    to = append_value(to, mde_argument_find(arguments, count, part, length),
                      kind_of(part, length));
    path = part + length + 1;
  }
  return append(to, path, strlen(path));
}


size_t mde_operation_room (const mde_operation *operation,
                           const mde_argument *arguments, size_t count) {
  size_t room = strlen(operation->path) + 1, i;
  for (i = 0; i < count; i++) room += 3 * arguments[i].length;
  return room;
}


bool mde_operation_path (const mde_operation *operation,
                         const mde_argument *arguments, size_t count,
                         char *buffer, size_t *length, mde_error *error) {
  const mde_argument *query = mde_argument_find(arguments, count, "query", 5);
  char *end;
  if (!check(operation, arguments, count, query, error)) return false;
  end = append_path(buffer, operation->path, arguments, count);
  if (query != NULL && query->length > 0) {
    *end++ = '?';
    end = append(end, query->value, query->length);
  }
  *length = (size_t)(end - buffer);
  return true;
}
