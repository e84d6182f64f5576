/* What went wrong in the core, as a value.
**
** No function of the core prints, exits, or calls back to report a failure: it fills
** an mde_error that the caller owns and says so in its result. The codes are
** stable names for programs; the message is one sentence for people and never
** holds a credential, a header or a body.
*/
#ifndef MDE_ERROR_H
#define MDE_ERROR_H

#include <stdbool.h>

typedef struct mde_error {
  const char *code;   /* a string constant, such as "timeout" */
  bool sent;          /* the service may have seen the request */
  char message[320];  /* one sentence, NUL-terminated */
} mde_error;

/* Fills `error` (which may be NULL) with a code, the printf-formatted message,
** and sent = false. A message that is too long is cut. */
void mde_error_set (mde_error *error, const char *code, const char *format, ...)
  __attribute__((format(printf, 3, 4)));

#endif
