/* SHA-256 and HMAC by libcrypto. */
#include "digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

struct mde_digest {
  EVP_MD_CTX *context;
};


/* Writes the digits of a SHA-256. */
static bool write_digits (const unsigned char *raw, unsigned int size,
                          char digits[MDE_SHA256_LENGTH + 1]) {
  static const char hexadecimal[] = "0123456789abcdef";
  size_t i;
  if (size != MDE_SHA256_LENGTH / 2) return false;
  for (i = 0; i < size; i++) {
    digits[2 * i] = hexadecimal[raw[i] >> 4];
    digits[2 * i + 1] = hexadecimal[raw[i] & 0xF];
  }
  digits[MDE_SHA256_LENGTH] = '\0';
  return true;
}


bool mde_sha256 (const char *bytes, size_t length, char digits[MDE_SHA256_LENGTH + 1]) {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned int size;
  return EVP_Digest(bytes, length, raw, &size, EVP_sha256(), NULL) == 1 &&
         write_digits(raw, size, digits);
}


bool mde_hmac_sha256 (const char *key, size_t key_length, const char *bytes, size_t length,
                      unsigned char code[MDE_HMAC_SIZE]) {
  unsigned int size = 0;
  return key_length <= INT_MAX &&
         HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)bytes, length, code,
              &size) != NULL &&
         size == MDE_HMAC_SIZE;
}


mde_digest *mde_digest_new (void) {
  mde_digest *digest = (mde_digest *)malloc(sizeof *digest);
  if (digest == NULL) return NULL;
  digest->context = EVP_MD_CTX_new();
  if (digest->context != NULL &&
      EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) == 1)
    return digest;
  mde_digest_free(digest);
  return NULL;
}


bool mde_digest_update (mde_digest *digest, const char *bytes, size_t length) {
  return EVP_DigestUpdate(digest->context, bytes, length) == 1;
}


/* Uses a copy, so that more bytes can follow. */
bool mde_digest_hex (const mde_digest *digest, char digits[MDE_SHA256_LENGTH + 1]) {
  EVP_MD_CTX *copy = EVP_MD_CTX_new();
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned int size;
  const bool good = copy != NULL && EVP_MD_CTX_copy_ex(copy, digest->context) == 1 &&
                    EVP_DigestFinal_ex(copy, raw, &size) == 1 &&
                    write_digits(raw, size, digits);
  EVP_MD_CTX_free(copy);
  return good;
}


void mde_digest_free (mde_digest *digest) {
  if (digest == NULL) return;
  EVP_MD_CTX_free(digest->context);
  free(digest);
}
