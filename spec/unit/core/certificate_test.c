/* Tests reading certificates, and signing with them. */
#include "core/certificate.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "tap.h"

#define FOLDER "spec/support/certificates/"
#define PASSWORD "hunter2"
#define MESSAGE "header.claims"

static char file[16384];


static size_t load (const char *name) {
  char path[128];
  FILE *stream;
  size_t length = 0;
  (void)snprintf(path, sizeof path, FOLDER "%s", name);
  stream = fopen(path, "rb");
  if (stream == NULL) return 0;
  length = fread(file, 1, sizeof file, stream);
  (void)fclose(stream);
  return length;
}


static mde_certificate *read_file (const char *name, const char *password, mde_error *error) {
  mde_certificate *certificate = mde_certificate_read(file, load(name), password, error);
  check(ERR_peek_error() == 0, "  libcrypto's error queue is as it was");
  return certificate;
}


/* Files that are read */

static void expect_leaf (const char *name, const char *password, int chain) {
  mde_error error = { "", false, "" };
  mde_certificate *certificate = read_file(name, password, &error);
  int count = 0;
  check(certificate != NULL, name);
  check_text(error.message, "", "  without an error");
  if (certificate == NULL) return;
  while (mde_certificate_text(certificate, (size_t)count) != NULL) count++;
  check(count == chain, "  with those who issued it");
  mde_certificate_free(certificate);
}


static void test_files (void) {
  expect_leaf("leaf.pem", NULL, 1);
  expect_leaf("leaf.pem", "a password that nothing asks for", 1);
  expect_leaf("chain.pem", NULL, 3);
  expect_leaf("encrypted.pem", PASSWORD, 1);
  expect_leaf("traditional.pem", PASSWORD, 1);
  expect_leaf("leaf.pfx", PASSWORD, 3);
  expect_leaf("open.pfx", NULL, 1);
  expect_leaf("open.pfx", "", 1);
  expect_leaf("other.pem", NULL, 1);
}


/* Files that are refused */

static void expect_error (const char *name, const char *password, const char *message) {
  mde_error error = { "", false, "" };
  mde_certificate *certificate = read_file(name, password, &error);
  check(certificate == NULL, name);
  check_text(error.code, "invalid_argument", "  its code");
  if (!tap_check(strstr(error.message, message) != NULL, message, __FILE__, __LINE__))
    printf("# got: %s\n", error.message);
  check(strstr(error.message, "wrong-password") == NULL, "  the password is not in it");
  mde_certificate_free(certificate);
}


static void test_refusals (void) {
  expect_error("key_only.pem", NULL, "the file has no certificate");
  expect_error("certificate_only.pem", NULL, "the file has no private key");
  expect_error("certificate_only.pfx", PASSWORD, "the file has no private key");
  expect_error("strangers.pem", NULL, "the private key belongs to another certificate");
  expect_error("short.pem", NULL, "the RSA key has 1024 bits, and at least 2048 are needed");
  expect_error("curve.pem", NULL, "the key is not an RSA key");
  expect_error("encrypted.pem", NULL, "the private key is encrypted: its password is needed");
  expect_error("traditional.pem", NULL, "the private key is encrypted: its password is needed");
  expect_error("encrypted.pem", "wrong-password", "the password of the private key is wrong");
  expect_error("traditional.pem", "wrong-password", "the password of the private key is wrong");
  expect_error("encrypted.pem", "", "the password of the private key is wrong");
  expect_error("leaf.pfx", NULL, "the PFX has a password");
  expect_error("leaf.pfx", "wrong-password", "the password of the PFX is wrong");
  expect_error("make", NULL, "neither PEM nor PFX");
}


/* One damage or shortage in so many is tried: under valgrind each takes long. */
static long stride = 1;


/* Tests files that only an OpenSSL with the old algorithms can read. */
static void test_legacy (void) {
  mde_error error;
  mde_certificate *certificate = read_file("legacy.pfx", PASSWORD, &error);
  check(certificate != NULL || strstr(error.message, "RC2") != NULL, "legacy.pfx");
  mde_certificate_free(certificate);
}


/* Every cut of a file, and every bit of it turned, is read or refused. */
static void test_damage (const char *name, const char *password) {
  const size_t length = load(name);
  bool good = true;
  size_t i;
  for (i = 0; i < length && good; i += (1 + length / 40) * (size_t)stride) {
    mde_error error = { "", false, "" };
    mde_certificate *certificate = mde_certificate_read(file, i, password, &error);
    good = (certificate == NULL) == (error.message[0] != '\0');
    mde_certificate_free(certificate);
    file[i] = (char)(file[i] ^ 4);
    error.message[0] = '\0';
    certificate = mde_certificate_read(file, length, password, &error);
    good = good && (certificate == NULL) == (error.message[0] != '\0') && ERR_peek_error() == 0;
    mde_certificate_free(certificate);
    file[i] = (char)(file[i] ^ 4);
  }
  check(good, name);
}


/* Another library's errors stay where they were. */
static void test_queue (void) {
  mde_error error;
  ERR_raise(ERR_LIB_USER, 7);
  check(mde_certificate_read("x", 1, NULL, &error) == NULL, "a file of one byte");
  check_text(error.code, "invalid_argument", "  its code");
  check(ERR_GET_REASON(ERR_get_error()) == 7, "  an older error is still there");
  check(ERR_peek_error() == 0, "  alone");
}


/* Signatures */

static bool verify (const mde_certificate *certificate, mde_signing how, const char *data,
                    const unsigned char *signature, size_t size) {
  return mde_certificate_verify(certificate, how, data, strlen(data),
                                (const char *)signature, size);
}


static void test_signatures (mde_signing how, mde_signing other) {
  unsigned char signature[MDE_SIGNATURE_MAX];
  mde_error error = { "", false, "" };
  mde_certificate *leaf = read_file("leaf.pem", NULL, &error);
  mde_certificate *stranger = read_file("other.pem", NULL, &error);
  const size_t size = leaf == NULL ? 0 :
    mde_certificate_sign(leaf, how, MESSAGE, strlen(MESSAGE), signature, &error);
  check(size == 256 && stranger != NULL, how == MDE_PS256 ? "PS256" : "RS256");
  if (size == 0) return;
  check(verify(leaf, how, MESSAGE, signature, size), "  holds");
  check(!verify(leaf, how, MESSAGE "x", signature, size), "  not for other data");
  check(!verify(leaf, other, MESSAGE, signature, size), "  not for the other algorithm");
  check(!verify(stranger, how, MESSAGE, signature, size), "  not for another key");
  check(!verify(leaf, how, MESSAGE, signature, size - 1), "  not cut");
  check(!verify(leaf, how, MESSAGE, signature, 0), "  not without");
  signature[9] ^= 1;
  check(!verify(leaf, how, MESSAGE, signature, size), "  not changed");
  check(ERR_peek_error() == 0, "  libcrypto's error queue is as it was");
  mde_certificate_free(leaf);
  mde_certificate_free(stranger);
}


/* libcrypto's memory runs out: the nth allocation and all that follow fail. */

static long left = -1;  /* allocations that succeed; -1: all */
static bool failed;


static bool denied (void) {
  if (left != 0) {
    if (left > 0) left--;
    return false;
  }
  failed = true;
  return true;
}


static void *allocate (size_t size, const char *where, int line) {
  (void)where;
  (void)line;
  return denied() ? NULL : malloc(size);
}


static void *resize (void *block, size_t size, const char *where, int line) {
  (void)where;
  (void)line;
  return denied() ? NULL : realloc(block, size);
}


static void release (void *block, const char *where, int line) {
  (void)where;
  (void)line;
  free(block);
}


static bool sign_once (size_t length, mde_error *error) {
  unsigned char signature[MDE_SIGNATURE_MAX];
  mde_certificate *certificate = mde_certificate_read(file, length, PASSWORD, error);
  size_t size = 0;
  if (certificate != NULL)
    size = mde_certificate_sign(certificate, MDE_PS256, MESSAGE, strlen(MESSAGE), signature,
                                error);
  mde_certificate_free(certificate);
  return size > 0;
}


static void test_shortage (const char *name, long step) {
  const size_t length = load(name);
  bool good = true;
  long n = 0;
  failed = true;
  while (failed && good) {
    mde_error error = { "", false, "" };
    failed = false;
    left = n;
    good = sign_once(length, &error)
           || (failed && error.message[0] != '\0' && strstr(error.message, "password") == NULL);
    if (!good) printf("# allocation %ld: %s\n", n, error.message);
    left = -1;
    n += step * stride;
  }
  check(good && n > step, name);
  printf("# until %ld\n", n);
  expect_leaf("leaf.pem", NULL, 1);
}


int main (void) {
  const char *given = getenv("STRIDE");
  if (given != NULL) stride = strtol(given, NULL, 10);
  (void)CRYPTO_set_mem_functions(allocate, resize, release);
  tap_begin();
  test_files();
  test_refusals();
  test_legacy();
  test_queue();
  test_signatures(MDE_PS256, MDE_RS256);
  test_signatures(MDE_RS256, MDE_PS256);
  test_damage("chain.pem", NULL);
  test_damage("encrypted.pem", PASSWORD);
  test_damage("leaf.pfx", PASSWORD);
  test_shortage("leaf.pem", 11);
  test_shortage("leaf.pfx", 101);
  test_shortage("encrypted.pem", 17);
  return tap_end();
}
