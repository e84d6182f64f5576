/* Keeps secrets and overwrites them. */
#include "secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct mde_secret {
  size_t length;
  char bytes[];  /* and a NUL */
};


mde_secret *mde_secret_new (const char *bytes, size_t length) {
  mde_secret *secret;
  if (length > SIZE_MAX - sizeof *secret - 1) return NULL;
  secret = (mde_secret *)malloc(sizeof *secret + length + 1);
  if (secret == NULL) return NULL;
  secret->length = length;
  if (length > 0) memcpy(secret->bytes, bytes, length);
  secret->bytes[length] = '\0';
  return secret;
}


const char *mde_secret_bytes (const mde_secret *secret, size_t *length) {
  if (length != NULL) *length = secret->length;
  return secret->bytes;
}


bool mde_secret_equal (const mde_secret *a, const mde_secret *b) {
  unsigned char difference = 0;
  size_t i;
  if (a->length != b->length) return false;
  for (i = 0; i < a->length; i++)
    difference = (unsigned char)(difference | (a->bytes[i] ^ b->bytes[i]));
  return difference == 0;
}


void mde_secret_free (mde_secret *secret) {
  if (secret == NULL) return;
  mde_wipe(secret, sizeof *secret + secret->length);
  free(secret);
}


/* A compiler can't know what a volatile pointer points at, so it must call. */
void mde_wipe (void *bytes, size_t length) {
  static void *(*const volatile set) (void *, int, size_t) = memset;
  if (length > 0) (void)set(bytes, 0, length);
}
