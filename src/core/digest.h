/* The SHA-256 of bytes, by libcrypto.
*/
#ifndef MDE_DIGEST_H
#define MDE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define MDE_SHA256_LENGTH 64  /* hexadecimal digits */

/* Fills `digest` with lower-case hexadecimal digits and a NUL. False: memory is
** short, or this libcrypto has no SHA-256. */
bool mde_sha256 (const char *bytes, size_t length, char digest[MDE_SHA256_LENGTH + 1]);

#endif
