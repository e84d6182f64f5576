/* Tests digests. */
#include "core/digest.h"

#include <stdlib.h>

#include "tap.h"

#define MILLION 1000000


static void expect (const char *bytes, size_t length, const char *expected,
                    const char *name) {
  char digest[MDE_SHA256_LENGTH + 1];
  check(mde_sha256(bytes, length, digest), name);
  check_text(digest, expected, "  its digest");
}


/* Those of FIPS 180-2, appendix B, and what NIST's CAVP has for one byte. */
static void test_vectors (void) {
  char *many = (char *)malloc(MILLION);
  expect("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "abc");
  expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
         "two blocks");
  if (many != NULL) {
    memset(many, 'a', MILLION);
    expect(many, MILLION, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
           "a million bytes");
  }
  free(many);
  expect("\xd3", 1, "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1",
         "one byte");
}


static void test_lengths (void) {
  expect("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "nothing");
  expect(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "nothing, nowhere");
  expect("abcd", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "what comes after it is not read");
  expect("\0", 1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
         "a NUL");
}


/* In pieces of every size, and asked in between. */
static void test_pieces (void) {
  static const char text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  size_t size;
  for (size = 1; size < sizeof text; size++) {
    char digits[MDE_SHA256_LENGTH + 1];
    mde_digest *digest = mde_digest_new();
    bool good = digest != NULL;
    size_t done;
    for (done = 0; good && done < sizeof text - 1; done += size) {
      const size_t left = sizeof text - 1 - done;
      good = mde_digest_update(digest, text + done, left < size ? left : size) &&
             mde_digest_hex(digest, digits);
    }
    check(good, "in pieces");
    if (good)
      check_text(digits, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
                 "  its digest");
    mde_digest_free(digest);
  }
}


/* Cases 2 and 6 of RFC 4231. */
static void test_hmac (void) {
  static const unsigned char short_key[MDE_HMAC_SIZE] =
    "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7"
    "\x5a\x00\x3f\x08\x9d\x27\x39\x83\x9d\xec\x58\xb9\x64\xec\x38\x43";
  static const unsigned char long_key[MDE_HMAC_SIZE] =
    "\x60\xe4\x31\x59\x1e\xe0\xb6\x7f\x0d\x8a\x26\xaa\xcb\xf5\xb7\x7f"
    "\x8e\x0b\xc6\x21\x37\x28\xc5\x14\x05\x46\x04\x0f\x0e\xe3\x7f\x54";
  unsigned char code[MDE_HMAC_SIZE];
  char key[131];
  memset(key, 0xaa, sizeof key);
  check(mde_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, code) &&
        memcmp(code, short_key, sizeof code) == 0, "a short key");
  check(mde_hmac_sha256(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First",
                        54, code) &&
        memcmp(code, long_key, sizeof code) == 0, "a key longer than a block");
}


int main (void) {
  tap_begin();
  test_hmac();
  test_pieces();
  test_vectors();
  test_lengths();
  return tap_end();
}
