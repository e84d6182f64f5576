/* A certificate with its private key, for signing in, by libcrypto.
**
** Read from the bytes of a file: PEM, with certificates and one private key in
** any order, the key encrypted or not; or PFX (PKCS#12). Only RSA keys of at
** least 2048 bits are accepted, as by the login service. Expiry is not checked:
** the service does that.
**
** Error messages never contain a password or a part of a key; libcrypto
** overwrites keys when it frees them. The functions leave libcrypto's error
** queue as it was.
*/
#ifndef MDE_CERTIFICATE_H
#define MDE_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MDE_SHA1_SIZE 20  /* bytes */
#define MDE_SHA256_SIZE 32
#define MDE_SIGNATURE_MAX 2048  /* libcrypto's largest RSA key */

typedef struct mde_certificate mde_certificate;

typedef enum mde_signing {
  MDE_PS256,  /* RSASSA-PSS with SHA-256 and a salt of 32 bytes (RFC 7518, 3.5) */
  MDE_RS256   /* RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, 3.3) */
} mde_signing;

/* Reads `length` bytes; `password` ends with a NUL, and may be NULL: none. The
** certificate is that of the file's first private key. NULL: `error` is filled,
** with the code "invalid_argument" or "out_of_memory". */
mde_certificate *mde_certificate_read (const char *bytes, size_t length,
                                       const char *password, mde_error *error);

/* Signs the data into `signature`. Returns the number of bytes; 0: `error` is
** filled. */
size_t mde_certificate_sign (const mde_certificate *certificate, mde_signing how,
                             const char *data, size_t length,
                             unsigned char signature[MDE_SIGNATURE_MAX], mde_error *error);

/* Reports whether this certificate's key made the signature of the data. */
bool mde_certificate_verify (const mde_certificate *certificate, mde_signing how,
                             const char *data, size_t length,
                             const char *signature, size_t signature_length);

/* The digest of the certificate (its DER), as bytes, which
** live as long as the certificate. */
const unsigned char *mde_certificate_sha1 (const mde_certificate *certificate);
const unsigned char *mde_certificate_sha256 (const mde_certificate *certificate);

/* The certificate (i = 0), its issuer (1), and further issuers in the file,
** as base64 of DER. NULL: there are no more. It lives as long as the certificate. */
const char *mde_certificate_text (const mde_certificate *certificate, size_t i);

/* NULL is allowed. */
void mde_certificate_free (mde_certificate *certificate);

#ifdef __cplusplus
}
#endif

#endif
