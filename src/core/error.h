/* Errors of the core, as values.
**
** No function of the core prints, exits, or calls back to report a failure: it
** fills an mde_error of the caller and returns a failure. Codes are stable names
** for programs. The message is one sentence for people, and never contains a
** credential, a header or a body.
*/
#ifndef MDE_ERROR_H
#define MDE_ERROR_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mde_error {
  const char *code;   /* a string constant, such as "timeout" */
  bool sent;          /* the service may have seen the request */
  char message[320];  /* one sentence, NUL-terminated */
} mde_error;

/* Fills `error` (which may be NULL) with a code, the printf-formatted message,
** and sent = false. A long message is cut. */
void mde_error_set (mde_error *error, const char *code, const char *format, ...)
  __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif

#endif
