/* Tests checks of ids. */
#include "core/identifier.h"

#include "tap.h"

#define GUID "988cc94e-7a8f-4b28-ab65-54970c5d5018"


static void refused (const char *text, size_t length, const char *name) {
  char guid[MDE_GUID_LENGTH + 1];
  check(!mde_guid(text, length, guid), name);
}


static void test_good (void) {
  char guid[MDE_GUID_LENGTH + 1];
  check(mde_guid(GUID, 36, guid), "a GUID");
  check_text(guid, GUID, "  as it is");
  check(mde_guid("988CC94E-7a8f-4B28-AB65-54970C5D5018", 36, guid),
        "a GUID in upper case");
  check_text(guid, GUID, "  is lowered");
  check(mde_guid(GUID "/cancel", 36, guid), "what comes after it is not read");
  check_text(guid, GUID, "  nor written");
  check(mde_guid("00000000-0000-0000-0000-000000000000", 36, guid),
        "zeros alone");
}


static void test_bad (void) {
  static const char *const same_length[] = {
    "988cc94e-7a8f-4b28-ab65-54970c5d501/", "../cc94e-7a8f-4b28-ab65-54970c5d5018",
    "988cc94e-7a8f-4b28-ab65-54970c5d50%8", "988cc94e-7a8f-4b28-ab65-54970c5d501 ",
    "988cc94e-7a8f-4b28-ab65-54970c5d501\n", "g88cc94e-7a8f-4b28-ab65-54970c5d5018",
    "988cc94e07a8f-4b28-ab65-54970c5d5018", "988cc94e-7a8f-4b28-ab65054970c5d5018",
    "-88cc94e-7a8f-4b28-ab65-54970c5d5018", "988cc94-e7a8f-4b28-ab65-54970c5d5018",
    "988cc94e-7a8f-4b28-ab65-54970c5d50\xc3\xa9",
    "{988cc94e-7a8f-4b28-ab65-54970c5d50}", "988cc94e_7a8f_4b28_ab65_54970c5d5018"
  };
  size_t i;
  for (i = 0; i < sizeof same_length / sizeof *same_length; i++)
    refused(same_length[i], 36, "36 bytes that are no GUID");
  refused("", 0, "nothing");
  refused(GUID, 35, "one digit less");
  refused(GUID "0", 37, "one digit more");
  refused("{" GUID "}", 38, "braces");
  refused("988cc94e7a8f4b28ab6554970c5d5018", 32, "no dashes");
  refused("988cc94e-7a8f-4b28-ab65-54970c5d501\0", 36, "a NUL at the end");
  refused("988cc94e\0007a8f-4b28-ab65-54970c5d5018", 36, "a NUL for a dash");
  refused(GUID "\0", 37, "a NUL after it");
}


int main (void) {
  tap_begin();
  test_good();
  test_bad();
  return tap_end();
}
