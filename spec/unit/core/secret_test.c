/* Tests secrets: that they are wiped, and never printed. */
#include "core/secret.h"

#include "tap.h"


static void test_copy (void) {
  char text[] = "to\0ken";
  mde_secret *secret = mde_secret_new(text, sizeof text - 1);
  size_t length;
  const char *bytes;
  memset(text, 'x', sizeof text);
  bytes = mde_secret_bytes(secret, &length);
  check(length == 6 && memcmp(bytes, "to\0ken", 7) == 0,
        "a secret is a copy, with a NUL after it");
  check(mde_secret_bytes(secret, NULL) == bytes, "the length is optional");
  mde_secret_free(secret);
  mde_secret_free(NULL);
}


static void test_equal (void) {
  mde_secret *a = mde_secret_new("token", 5);
  mde_secret *same = mde_secret_new("token", 5);
  mde_secret *other = mde_secret_new("tokeN", 5);
  mde_secret *longer = mde_secret_new("token2", 6);
  mde_secret *empty = mde_secret_new("", 0);
  check(mde_secret_equal(a, a) && mde_secret_equal(a, same), "equal bytes");
  check(!mde_secret_equal(a, other), "another last byte");
  check(!mde_secret_equal(a, longer) && !mde_secret_equal(longer, a),
        "another length");
  check(mde_secret_equal(empty, empty) && !mde_secret_equal(empty, a),
        "the empty secret");
  mde_secret_free(a);
  mde_secret_free(same);
  mde_secret_free(other);
  mde_secret_free(longer);
  mde_secret_free(empty);
}


static void test_wipe (void) {
  char text[] = "token";
  mde_wipe(text, 4);
  check(memcmp(text, "\0\0\0\0n", 6) == 0, "wiping overwrites what was asked");
  mde_wipe(NULL, 0);
}


int main (void) {
  tap_begin();
  test_copy();
  test_equal();
  test_wipe();
  check(mde_secret_new("", (size_t)-1) == NULL, "an absurd length is refused");
  return tap_end();
}
