/* The service's operations as a table, one row each, and the paths made from
** them.
**
** Pure functions over constants: nothing is allocated, nothing is sent. A
** caller asks for the room a path may need, gives a buffer of that size, and
** gets the path written into it once every argument has been checked. Which
** arguments go into the JSON body, and under which keys, is in the row's
** fields.
*/
#ifndef MDE_OPERATION_H
#define MDE_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* One text field of a request's JSON body. */
typedef struct mde_field {
  const char *argument;  /* what callers name it: "comment" */
  const char *key;       /* what the service names it (it minds case): "Comment" */
  bool required;
} mde_field;

#define MDE_FIELDS 4

typedef struct mde_operation {
  const char *name;
  const char *method;
  const char *path;   /* "{id}" stands for the argument "id", a GUID */
  bool query;         /* takes the argument "query", an encoded query string */
  mde_field fields[MDE_FIELDS];  /* of the body, up to one without a key */
  const char *returns;           /* "action" or "actions" */
  int per_minute, per_hour;      /* the service's limits for one application */
  const char *const *permissions;  /* any one will do; ends with NULL */
} mde_operation;

typedef struct mde_argument {
  const char *name;
  const char *value;
  size_t length;
} mde_argument;

/* All rows; the last has no name. */
extern const mde_operation mde_operations[];

/* The row called `name`, or NULL. */
const mde_operation *mde_operation_find (const char *name);

/* How many bytes a path of `operation` with these arguments needs at most. */
size_t mde_operation_room (const mde_operation *operation,
                           const mde_argument *arguments, size_t count);

/* Checks every argument and writes the path (with the query; no NUL) into
** `buffer`, which has the room asked for above. False with `error` filled
** ("invalid_argument": which argument, its value, what was expected) if one is
** missing, unknown or malformed. */
bool mde_operation_path (const mde_operation *operation,
                         const mde_argument *arguments, size_t count,
                         char *buffer, size_t *length, mde_error *error);

#endif
