/* The work of deriving a key from a password, as a certificate file demands it. A file with
** 2^31 rounds would keep the program busy for hours.
*/
#ifndef MDE_ROUNDS_H
#define MDE_ROUNDS_H

#include <openssl/bio.h>
#include <openssl/pkcs12.h>
#include <stdbool.h>

#define MDE_ROUNDS_MOST UINT64_C(10000000)  /* in total; some seconds. Up to 600,000 are common */

/* Report whether MDE_ROUNDS_MOST suffices: for the encrypted keys of a PEM file, for the integrity
** code of a PFX file, and for its encrypted parts. Parts that libcrypto does not understand count as
** zero. */
bool mde_rounds_of_pem (BIO *bio);
bool mde_rounds_of_mac (const PKCS12 *pfx);
bool mde_rounds_of_pfx (const PKCS12 *pfx, const char *password);

#endif
