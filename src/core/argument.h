/* One argument of an operation: its kinds and their checks.
**
** Pure functions: the caller owns the memory of the argument, and nothing is
** allocated. All values of paths and bodies are checked here before anything is
** sent.
*/
#ifndef MDE_ARGUMENT_H
#define MDE_ARGUMENT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mde_argument {
  const char *name;
  const char *value;
  size_t length;
} mde_argument;

typedef enum mde_kind {
  MDE_TEXT,       /* UTF-8, not blank */
  MDE_CHOICE,     /* one of a few words, whose case counts */
  MDE_SHA1,       /* of a file */
  MDE_MACHINES,   /* ids of machines: an argument for each, of the same name */
  MDE_COMMANDS,   /* of a live response; checked where the body is made */
  MDE_ACTION,     /* id of a machine action */
  MDE_MACHINE,    /* id of a machine */
  MDE_DEVICE,     /* id or DNS name of a machine */
  MDE_INDEX,      /* a whole number from 0 */
  MDE_IP,         /* address, version 4 or 6 */
  MDE_TIMESTAMP,  /* such as 2019-09-22T08:44:05Z */
  MDE_FILE,       /* name of a file in the live-response library */
  MDE_QUERY       /* an encoded query string */
} mde_kind;

/* NULL if `argument` is of that kind, else the expected value, as a noun.
** `choices` are those of MDE_CHOICE: "Full, Selective". */
const char *mde_argument_fault (const mde_argument *argument, mde_kind kind,
                                const char *choices);

/* The first of `count` arguments with this name, or NULL. The name need
** not end with a NUL. */
const mde_argument *mde_argument_find (const mde_argument *arguments,
                                       size_t count, const char *name,
                                       size_t length);

#ifdef __cplusplus
}
#endif

#endif
