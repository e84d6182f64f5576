/* The service's operations as a table, one row each, and the paths made from
** them.
**
** Pure functions over constants: nothing is allocated, nothing is sent. The caller
** asks for the largest size of a path and provides a buffer; mde_operation_path
** (path.c) checks every argument and writes the path. The row's fields name the
** arguments of the JSON body and their keys.
*/
#ifndef MDE_OPERATION_H
#define MDE_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "argument.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One field of a request's JSON body. */
typedef struct mde_field {
  const char *argument;  /* the caller's name: "comment" */
  const char *key;       /* the service's name, case-sensitive: "Comment" */
  mde_kind kind;
  const char *choices;   /* of MDE_CHOICE: "Full, Selective" */
} mde_field;

#define MDE_FIELDS 4
#define MDE_MOST_MACHINES 500  /* in one call that tags many */

typedef struct mde_operation {
  const char *name;
  const char *method;
  const char *path;   /* "{machine}" stands for the argument "machine" */
  bool query;         /* takes the argument "query", an encoded query string */
  mde_field fields[MDE_FIELDS];  /* of the body, all required, up to one without
                                 ** a key */
  const char *returns;           /* "action", "actions", "machine", … */
  int per_minute, per_hour;      /* the service's limits for one application;
                                 ** 0: none of this kind */
  const char *const *permissions;  /* one of them is required; ends with NULL */
} mde_operation;

/* All rows; the last has no name. The one before it, "request", stands for any
** other call: it has limits and no path. */
extern const mde_operation mde_operations[];

/* The row called `name`, or NULL. */
const mde_operation *mde_operation_find (const char *name);

/* The row of a request with this method and path (without its query): "request" if
** there is no other. */
const mde_operation *mde_operation_match (const char *method,
                                          const char *path, size_t length);

/* The largest size of a path of `operation` with these arguments. */
size_t mde_operation_room (const mde_operation *operation,
                           const mde_argument *arguments, size_t count);

/* Checks every argument and writes the path (with the query; no NUL) into
** `buffer`, whose size is the one above. False with `error` filled
** ("invalid_argument": the argument, its value, the expected value) if one is
** missing, unknown or malformed. */
bool mde_operation_path (const mde_operation *operation,
                         const mde_argument *arguments, size_t count,
                         char *buffer, size_t *length, mde_error *error);

#ifdef __cplusplus
}
#endif

#endif
