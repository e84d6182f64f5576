/* SHA-256 by libcrypto: of given bytes, of bytes in pieces, or with a key.
**
** Functions fail if memory runs out, or if this libcrypto has no SHA-256.
*/
#ifndef MDE_DIGEST_H
#define MDE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MDE_SHA256_LENGTH 64  /* hexadecimal digits */

#define MDE_HMAC_SIZE 32  /* bytes */

typedef struct mde_digest mde_digest;

/* Fills `digits` with lower-case hexadecimal digits and a NUL. */
bool mde_sha256 (const char *bytes, size_t length, char digits[MDE_SHA256_LENGTH + 1]);

/* Fills `code` with the message authentication code of RFC 2104 over SHA-256. */
bool mde_hmac_sha256 (const char *key, size_t key_length, const char *bytes, size_t length,
                      unsigned char code[MDE_HMAC_SIZE]);

/* A new digest, or NULL. */
mde_digest *mde_digest_new (void);

/* Adds bytes. */
bool mde_digest_update (mde_digest *digest, const char *bytes, size_t length);

/* As mde_sha256, of all bytes so far; more may follow. */
bool mde_digest_hex (const mde_digest *digest, char digits[MDE_SHA256_LENGTH + 1]);

/* NULL is allowed. */
void mde_digest_free (mde_digest *digest);

#ifdef __cplusplus
}
#endif

#endif
