/* Fuzzes certificate files, PEM and PFX, with a password. */
#include "core/certificate.h"
#include "fuzz.h"


int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  mde_error error = { "", false, "" };
  const char *password = fuzz_byte(&data, &size) % 2 == 0 ? NULL : "hunter2";
  size_t length;
  char *bytes = fuzz_take(&data, &size, size, &length);
  mde_certificate *certificate = mde_certificate_read(bytes, length, password, &error);
  if ((certificate == NULL) != (error.message[0] != '\0')) abort();
  mde_certificate_free(certificate);
  free(bytes);
  return 0;
}
