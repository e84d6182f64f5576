/* Fills errors of the core. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>


void mde_error_set (mde_error *error, const char *code,
                    const char *format, ...) {
  va_list arguments;
  if (error == NULL) return;
  error->code = code;
  error->sent = false;
  va_start(arguments, format);
  (void)vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
}
