#include "digest.h"

#include <openssl/evp.h>


bool mde_sha256 (const char *bytes, size_t length, char digest[MDE_SHA256_LENGTH + 1]) {
  static const char hexadecimal[] = "0123456789abcdef";
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned int size;
  size_t i;
  if (EVP_Digest(bytes, length, raw, &size, EVP_sha256(), NULL) != 1 ||
      size != MDE_SHA256_LENGTH / 2)
    return false;
  for (i = 0; i < size; i++) {
    digest[2 * i] = hexadecimal[raw[i] >> 4];
    digest[2 * i + 1] = hexadecimal[raw[i] & 0xF];
  }
  digest[MDE_SHA256_LENGTH] = '\0';
  return true;
}
