/* How much work it is to make a key of a password, as a file of certificates wants it. The
** file chooses: one with 2^31 rounds would keep the program busy for hours.
*/
#ifndef MDE_ROUNDS_H
#define MDE_ROUNDS_H

#include <openssl/bio.h>
#include <openssl/pkcs12.h>
#include <stdbool.h>

#define MDE_ROUNDS_MOST UINT64_C(10000000)  /* in all; some seconds. Common are up to 600,000 */

/* Each says whether MDE_ROUNDS_MOST are enough: for the encrypted keys of a PEM file, for
** the code that tells whether a PFX file is whole, and for all that is encrypted in one.
** What libcrypto does not understand needs none. */
bool mde_rounds_of_pem (BIO *bio);
bool mde_rounds_of_mac (const PKCS12 *pfx);
bool mde_rounds_of_pfx (const PKCS12 *pfx, const char *password);

#endif
