/* Files that want more work for their password than the program does, and files that would
** ask for a password themselves. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "core/certificate.h"
#include "tap.h"

#define FOLDER "spec/support/certificates/"
#define PASSWORD "hunter2"
#define ENDLESS 2147483647


static BIO *open_file (const char *name) {
  char path[128];
  (void)snprintf(path, sizeof path, FOLDER "%s", name);
  return BIO_new_file(path, "r");
}


static X509 *read_leaf (void) {
  BIO *file = open_file("leaf.pem");
  X509 *leaf = PEM_read_bio_X509(file, NULL, NULL, NULL);
  BIO_free(file);
  return leaf;
}


/* Reads what was written to `bio`, with a password. */
static void expect (BIO *bio, const char *message, const char *name) {
  char *bytes;
  const long length = BIO_get_mem_data(bio, &bytes);
  mde_error error = { "", false, "" };
  mde_certificate *certificate
      = mde_certificate_read(bytes, (size_t)length, PASSWORD, &error);
  check(certificate == NULL, name);
  check(strstr(error.message, message) != NULL, "  saying why");
  if (strstr(error.message, message) == NULL) printf("# %s\n", error.message);
  mde_certificate_free(certificate);
  BIO_free(bio);
}


/* Rounds */

/* A PKCS#8 key that is encrypted by this algorithm; nothing is behind it. */
static BIO *write_key (X509_ALGOR *algorithm) {
  X509_SIG *key = X509_SIG_new();
  X509 *leaf = read_leaf();
  BIO *bio = BIO_new(BIO_s_mem());
  X509_ALGOR *its_own;
  ASN1_OCTET_STRING *bytes;
  X509_SIG_getm(key, &its_own, &bytes);
  (void)X509_ALGOR_copy(its_own, algorithm);
  (void)ASN1_OCTET_STRING_set(bytes, (const unsigned char *)"0123456789abcdef", 16);
  (void)PEM_write_bio_X509(bio, leaf);
  (void)PEM_write_bio_PKCS8(bio, key);
  X509_ALGOR_free(algorithm);
  X509_SIG_free(key);
  X509_free(leaf);
  return bio;
}


static void test_keys (void) {
  unsigned char salt[] = "saltsalt";
  expect(write_key(PKCS5_pbe2_set(EVP_aes_256_cbc(), ENDLESS, salt, 8)),
         "more than 10,000,000 rounds", "a key with 2^31 rounds of PBKDF2 is refused");
  expect(write_key(PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, ENDLESS, salt, 8)),
         "more than 10,000,000 rounds", "one with 2^31 rounds of PKCS#12's own is, too");
  expect(write_key(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, 8, NULL, 1024, 8, 16000)),
         "more than 10,000,000 rounds", "one with much work of scrypt is, too");
  expect(write_key(PKCS5_pbe2_set(EVP_aes_256_cbc(), 600000, salt, 8)),
         "the password of the private key is wrong", "600,000 rounds are tried");
}


static PKCS12 *read_pfx (void) {
  BIO *file = open_file("leaf.pfx");
  PKCS12 *pfx = d2i_PKCS12_bio(file, NULL);
  BIO_free(file);
  return pfx;
}


static BIO *write_pfx (PKCS12 *pfx) {
  BIO *bio = BIO_new(BIO_s_mem());
  (void)i2d_PKCS12_bio(bio, pfx);
  PKCS12_free(pfx);
  return bio;
}


static BIO *endless_mac (void) {
  PKCS12 *pfx = read_pfx();
  const ASN1_INTEGER *rounds;
  PKCS12_get0_mac(NULL, NULL, NULL, &rounds, pfx);
  (void)ASN1_INTEGER_set((ASN1_INTEGER *)rounds, ENDLESS);
  return write_pfx(pfx);
}


/* With parts that are encrypted so, and a good MAC. */
static BIO *endless_part (void) {
  unsigned char salt[] = "saltsalt";
  PKCS12 *pfx = read_pfx();
  STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(pfx);
  int i;
  for (i = 0; i < sk_PKCS7_num(parts); i++) {
    PKCS7 *part = sk_PKCS7_value(parts, i);
    X509_ALGOR *algorithm = PKCS5_pbe2_set(EVP_aes_256_cbc(), ENDLESS, salt, 8);
    if (PKCS7_type_is_encrypted(part))
      (void)X509_ALGOR_copy(part->d.encrypted->enc_data->algorithm, algorithm);
    X509_ALGOR_free(algorithm);
  }
  (void)PKCS12_pack_authsafes(pfx, parts);
  (void)PKCS12_set_mac(pfx, PASSWORD, -1, NULL, 0, 2048, EVP_sha256());
  sk_PKCS7_pop_free(parts, PKCS7_free);
  return write_pfx(pfx);
}


/* With a key in a part that is not encrypted itself. */
static BIO *endless_bag (void) {
  unsigned char salt[] = "saltsalt";
  X509_SIG *key = X509_SIG_new();
  X509_ALGOR *algorithm = PKCS5_pbe2_set(EVP_aes_256_cbc(), ENDLESS, salt, 8), *its_own;
  STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
  STACK_OF(PKCS7) *parts = sk_PKCS7_new_null();
  PKCS12 *pfx = PKCS12_init(NID_pkcs7_data);
  X509_SIG_getm(key, &its_own, NULL);
  (void)X509_ALGOR_copy(its_own, algorithm);
  (void)sk_PKCS12_SAFEBAG_push(bags, PKCS12_SAFEBAG_create0_pkcs8(key));
  (void)sk_PKCS7_push(parts, PKCS12_pack_p7data(bags));
  (void)PKCS12_pack_authsafes(pfx, parts);
  (void)PKCS12_set_mac(pfx, PASSWORD, -1, NULL, 0, 2048, EVP_sha256());
  X509_ALGOR_free(algorithm);
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  sk_PKCS7_pop_free(parts, PKCS7_free);
  return write_pfx(pfx);
}


static void test_pfx (void) {
  expect(endless_mac(), "more than 10,000,000 rounds", "a PFX with 2^31 rounds is refused");
  expect(endless_part(), "more than 10,000,000 rounds", "one whose parts have so many is, too");
  expect(endless_bag(), "more than 10,000,000 rounds", "one whose key has so many is, too");
}


/* Standard input is a pipe with a line in it, and there is no terminal. */
static void test_questions (void) {
  int ends[2], left = 0;
  BIO *bio = BIO_new(BIO_s_mem());
  if (pipe(ends) != 0 || write(ends[1], PASSWORD "\n", 8) != 8) abort();
  (void)dup2(ends[0], STDIN_FILENO);
  (void)setsid();
  (void)BIO_puts(bio, "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
                 "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                 "MDEyMzQ1Njc4OWFiY2RlZg==\n-----END CERTIFICATE-----\n");
  expect(bio, "a certificate in the file is encrypted", "an encrypted certificate is refused");
  (void)ioctl(STDIN_FILENO, FIONREAD, &left);
  check(left == 8, "  and standard input is not read");
}


int main (void) {
  tap_begin();
  test_keys();
  test_pfx();
  test_questions();
  return tap_end();
}
