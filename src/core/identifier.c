/* Checks the ids of the service, and makes GUIDs. */
#include "identifier.h"

#include <openssl/rand.h>


static char hexadecimal (char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) return c;
  if (c >= 'A' && c <= 'F') return (char)(c - 'A' + 'a');
  return '\0';
}


static bool is_dash (size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}


bool mde_guid (const char *text, size_t length,
               char guid[MDE_GUID_LENGTH + 1]) {
  size_t i;
  if (length != MDE_GUID_LENGTH) return false;
  for (i = 0; i < length; i++) {
    guid[i] = is_dash(i) ? (char)(text[i] == '-' ? '-' : '\0')
                         : hexadecimal(text[i]);
    if (guid[i] == '\0') return false;
  }
  guid[length] = '\0';
  return true;
}


bool mde_hexadecimal (const char *text, size_t length, size_t digits) {
  size_t i;
  if (length != digits) return false;
  for (i = 0; i < length; i++)
    if (hexadecimal(text[i]) == '\0') return false;
  return true;
}


bool mde_machine_id (const char *text, size_t length) {
  return mde_hexadecimal(text, length, 40) || mde_hexadecimal(text, length, 32);
}


bool mde_guid_new (char guid[MDE_GUID_LENGTH + 1]) {
  static const char digits[] = "0123456789abcdef";
  unsigned char random[MDE_GUID_LENGTH];
  size_t i;
  if (RAND_bytes(random, sizeof random) != 1) return false;
  for (i = 0; i < MDE_GUID_LENGTH; i++)
    guid[i] = is_dash(i) ? '-' : digits[random[i] & 0xF];
  guid[14] = '4';                          /* version */
  guid[19] = digits[8 | (random[19] & 3)]; /* variant */
  guid[MDE_GUID_LENGTH] = '\0';
  return true;
}
