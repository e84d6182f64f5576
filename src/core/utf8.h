/* Finds what is not UTF-8 in a text. */
#ifndef MDE_UTF8_H
#define MDE_UTF8_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The length of the longest beginning of `text` that is UTF-8 without NUL: no surrogate, and no
** character longer than necessary (RFC 3629). */
size_t mde_utf8_span (const char *text, size_t length);

#ifdef __cplusplus
}
#endif

#endif
