/* Secrets: bytes that are overwritten before they are freed, such as a token.
**
** An mde_secret owns one copy of its bytes. Its creator frees it. Nothing here
** prints, and comparing takes the same time wherever two secrets differ.
**
** libcurl and libcrypto make copies of their own, and Lua keeps strings until it collects
** them: between one and four copies of a secret stay in the memory of a process that has
** used it. So the program writes no core dump and is closed to other processes.
*/
#ifndef MDE_SECRET_H
#define MDE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mde_secret mde_secret;

/* A secret of `length` bytes copied from `bytes`, or NULL: out of memory. */
mde_secret *mde_secret_new (const char *bytes, size_t length);

/* The bytes (followed by a NUL) and, if `length` is not NULL, their number. They
** are valid as long as the secret. */
const char *mde_secret_bytes (const mde_secret *secret, size_t *length);

/* Reports whether two secrets hold the same bytes, in time that depends on their
** lengths only. */
bool mde_secret_equal (const mde_secret *a, const mde_secret *b);

/* Overwrites and frees. NULL is allowed. */
void mde_secret_free (mde_secret *secret);

/* Overwrites `length` bytes in a way that no compiler removes. */
void mde_wipe (void *bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif
