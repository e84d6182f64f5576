/* Reads certificates and private keys (PEM, PFX), and signs with them. */
#include "certificate.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs12err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "rounds.h"

#define MIN_BITS 2048
#define MAX_CHAIN 16
#define BOTH "the certificate and its private key are expected in one file"
#define SLOW "its password takes more than 10,000,000 rounds to try: export it again with fewer"
#define OLD "is encrypted in a way that this OpenSSL does not read, such as RC2: " \
            "export it again with AES-256"

struct mde_certificate {
  EVP_PKEY *key;
  unsigned char sha1[MDE_SHA1_SIZE];
  unsigned char sha256[MDE_SHA256_SIZE];
  char *texts[MAX_CHAIN + 1];  /* NULL after the last */
};

typedef struct contents {
  EVP_PKEY *key;
  STACK_OF(X509) *certificates;
  bool alone;  /* libcrypto's queue had no error before */
} contents;


/* Failures */

static bool refuse (mde_error *error, const char *message) {
  mde_error_set(error, "invalid_argument", "%s", message);
  return false;
}


static bool out_of_memory (mde_error *error) {
  mde_error_set(error, "out_of_memory", "out of memory");
  return false;
}


/* Reports whether libcrypto ran out of memory. It does not always say so; hence the allocation.
** If it does, the error may lie below its consequences in the queue, which is read from the
** bottom, and older errors of the caller must stay there. */
static bool lacked_memory (bool alone) {
  unsigned long code = alone ? ERR_get_error() : ERR_peek_last_error();
  void *spare = OPENSSL_malloc(65536);  /* more than libcrypto takes at once */
  OPENSSL_free(spare);
  while (spare != NULL && code != 0 && ERR_GET_REASON(code) != ERR_R_MALLOC_FAILURE)
    code = alone ? ERR_get_error() : 0;
  return spare == NULL || code != 0;
}


/* Fills the error with `message`, unless libcrypto ran out of memory. */
static bool refuse_for (mde_error *error, bool alone, const char *message) {
  return lacked_memory(alone) ? out_of_memory(error) : refuse(error, message);
}


/* PEM */

typedef struct asked {
  const char *password;  /* NULL: none */
  bool asked;
} asked;


/* libcrypto's pem_password_cb. */
static int give_password (char *buffer, int size, int writing, void *data) {
  asked *self = (asked *)data;
  size_t length;
  (void)writing;
  self->asked = true;
  if (self->password == NULL) return -1;
  length = strlen(self->password);
  if (length > (size_t)size) return -1;
  memcpy(buffer, self->password, length);
  return (int)length;
}


/* The same for a certificate, which is never encrypted. Without a callback libcrypto asks at the
** terminal, or reads a line of standard input. */
static int give_nothing (char *buffer, int size, int writing, void *data) {
  (void)writing;
  if (size > 0) buffer[0] = '\0';
  *(bool *)data = true;
  return -1;
}


/* Takes ownership of its argument, or frees it. */
static bool add (contents *found, X509 *certificate) {
  if (certificate != NULL && sk_X509_push(found->certificates, certificate) > 0) return true;
  X509_free(certificate);
  return false;
}


static bool read_pem_certificates (BIO *bio, contents *found, mde_error *error) {
  X509 *certificate;
  bool encrypted = false;
  while ((certificate = PEM_read_bio_X509(bio, NULL, give_nothing, &encrypted)) != NULL)
    if (!add(found, certificate)) return out_of_memory(error);
  if (encrypted)
    return refuse(error, "a certificate in the file is encrypted: only its private key may be");
  if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) return true;
  return refuse_for(error, found->alone, "a certificate in the file is damaged");
}


static bool read_pem_key (BIO *bio, const char *password, contents *found, mde_error *error) {
  asked state = { password, false };
  found->key = PEM_read_bio_PrivateKey(bio, NULL, give_password, &state);
  if (found->key != NULL) return true;
  if (state.asked && password == NULL)
    return refuse(error, "the private key is encrypted: its password is needed");
  return refuse_for(error, found->alone, state.asked ? "the password of the private key is wrong, or it " OLD
                                       : "the private key in the file is damaged");
}


/* Reports whether `text` is somewhere in the bytes. */
static bool holds (const char *bytes, size_t length, const char *text) {
  const size_t size = strlen(text);
  for (; length >= size; bytes++, length--)
    if (memcmp(bytes, text, size) == 0) return true;
  return false;
}


static bool read_pem (const char *bytes, size_t length, const char *password,
                      contents *found, mde_error *error) {
  BIO *bio = BIO_new_mem_buf(bytes, (int)length);
  bool good;
  if (bio == NULL) return out_of_memory(error);
  good = read_pem_certificates(bio, found, error);
  if (good && holds(bytes, length, "PRIVATE KEY-----")) {
    (void)BIO_reset(bio);
    good = mde_rounds_of_pem(bio) || refuse(error, SLOW);
    (void)BIO_reset(bio);
    good = good && read_pem_key(bio, password, found, error);
  }
  BIO_free(bio);
  return good;
}


/* PFX */

/* Reports whether `*password` opens it. Without one, both NULL and "" are tried, as by
** PKCS12_parse, and `*password` is set to the right one. */
static bool is_password (PKCS12 *pfx, const char **password) {
  if (!PKCS12_mac_present(pfx) || PKCS12_verify_mac(pfx, *password, -1)) return true;
  if (*password != NULL || !PKCS12_verify_mac(pfx, "", -1)) return false;
  *password = "";
  return true;
}


/* For a wrong password libcrypto reports no error; for a code that it cannot compute, it does. */
static bool refuse_password (mde_error *error, bool alone, const char *password) {
  if (ERR_GET_REASON(ERR_peek_last_error()) == PKCS12_R_MAC_GENERATION_ERROR)
    return refuse_for(error, alone, "the PFX is damaged, or it " OLD);
  return refuse_for(error, alone, password == NULL ? "the PFX has a password, which is needed"
                                                   : "the password of the PFX is wrong");
}


static bool open_pfx (PKCS12 *pfx, const char *password, contents *found, mde_error *error) {
  STACK_OF(X509) *others = NULL;
  X509 *certificate = NULL;
  bool good = true;
  if (!mde_rounds_of_mac(pfx)) return refuse(error, SLOW);
  if (!is_password(pfx, &password)) return refuse_password(error, found->alone, password);
  if (!mde_rounds_of_pfx(pfx, password)) return refuse(error, SLOW);
  if (!PKCS12_parse(pfx, password, &found->key, &certificate, &others))
    return refuse_for(error, found->alone, "the PFX is damaged, or it " OLD);
  if (certificate != NULL) good = add(found, certificate);
  while (good && sk_X509_num(others) > 0) good = add(found, sk_X509_shift(others));
  sk_X509_pop_free(others, X509_free);
  return good || out_of_memory(error);
}


static bool read_pfx (const char *bytes, size_t length, const char *password,
                      contents *found, mde_error *error) {
  const unsigned char *position = (const unsigned char *)bytes;
  PKCS12 *pfx = d2i_PKCS12(NULL, &position, (long)length);
  bool good;
  if (pfx == NULL)
    return refuse_for(error, found->alone, "the certificate file is neither PEM nor PFX (a PFX as base64 "
                      "text must be decoded first)");
  good = open_pfx(pfx, password, found, error);
  PKCS12_free(pfx);
  return good;
}


/* The certificate of the key, and who issued it */

static bool check_key (const contents *found, mde_error *error) {
  if (sk_X509_num(found->certificates) == 0)
    return refuse(error, "the file has no certificate: " BOTH);
  if (found->key == NULL) return refuse(error, "the file has no private key: " BOTH);
  if (EVP_PKEY_base_id(found->key) != EVP_PKEY_RSA)
    return refuse(error, "the key is not an RSA key, and the login service takes no others");
  if (EVP_PKEY_bits(found->key) >= MIN_BITS) return true;
  mde_error_set(error, "invalid_argument", "the RSA key has %d bits, and at least %d are needed",
                EVP_PKEY_bits(found->key), MIN_BITS);
  return false;
}


static X509 *find_own (const contents *found) {
  int i;
  for (i = 0; i < sk_X509_num(found->certificates); i++) {
    X509 *certificate = sk_X509_value(found->certificates, i);
    if (X509_check_private_key(certificate, found->key)) return certificate;
  }
  return NULL;
}


/* NULL: not in the file, or `certificate` is its own. */
static X509 *find_issuer (const contents *found, X509 *certificate) {
  int i;
  if (X509_check_issued(certificate, certificate) == X509_V_OK) return NULL;
  for (i = 0; i < sk_X509_num(found->certificates); i++) {
    X509 *issuer = sk_X509_value(found->certificates, i);
    if (X509_check_issued(issuer, certificate) == X509_V_OK) return issuer;
  }
  return NULL;
}


/* The DER of a certificate as base64, for the caller to free; NULL: out of memory. */
static char *encode (X509 *certificate) {
  unsigned char *der = NULL;
  const int length = i2d_X509(certificate, &der);
  char *text = length > 0 ? (char *)malloc(4 * ((size_t)length + 2) / 3 + 1) : NULL;
  if (text != NULL) (void)EVP_EncodeBlock((unsigned char *)text, der, length);
  OPENSSL_free(der);
  return text;
}


static bool describe (mde_certificate *self, const contents *found, mde_error *error) {
  X509 *certificate = find_own(found);
  size_t i;
  if (certificate == NULL)
    return refuse_for(error, found->alone, "the private key belongs to another certificate");
  if (!X509_digest(certificate, EVP_sha1(), self->sha1, NULL) ||
      !X509_digest(certificate, EVP_sha256(), self->sha256, NULL))
    return out_of_memory(error);
  for (i = 0; i < MAX_CHAIN && certificate != NULL; i++) {
    if ((self->texts[i] = encode(certificate)) == NULL) return out_of_memory(error);
    certificate = find_issuer(found, certificate);
  }
  self->key = found->key;
  return true;
}


static bool read_file (const char *bytes, size_t length, const char *password,
                       contents *found, mde_error *error) {
  if (length > INT_MAX) return refuse(error, "the certificate file is too large");
  return holds(bytes, length, "-----BEGIN ") ? read_pem(bytes, length, password, found, error)
                                             : read_pfx(bytes, length, password, found, error);
}


mde_certificate *mde_certificate_read (const char *bytes, size_t length,
                                       const char *password, mde_error *error) {
  mde_certificate *self = (mde_certificate *)calloc(1, sizeof *self);
  contents found = { NULL, NULL, ERR_peek_error() == 0 };
  bool good;
  (void)ERR_set_mark();
  found.certificates = sk_X509_new_null();
  good = (self != NULL && found.certificates != NULL) || out_of_memory(error);
  good = good && read_file(bytes, length, password, &found, error) &&
         check_key(&found, error) && describe(self, &found, error);
  sk_X509_pop_free(found.certificates, X509_free);
  if (!good) {
    EVP_PKEY_free(found.key);
    mde_certificate_free(self);
  }
  (void)ERR_pop_to_mark();
  return good ? self : NULL;
}


/* Signatures */

static bool set_padding (EVP_PKEY_CTX *context, mde_signing how) {
  if (how == MDE_RS256) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 32) > 0;
}


size_t mde_certificate_sign (const mde_certificate *certificate, mde_signing how,
                             const char *data, size_t length,
                             unsigned char signature[MDE_SIGNATURE_MAX], mde_error *error) {
  EVP_MD_CTX *context;
  EVP_PKEY_CTX *options;
  size_t size = MDE_SIGNATURE_MAX;
  const bool alone = ERR_peek_error() == 0;
  bool good;
  (void)ERR_set_mark();
  context = EVP_MD_CTX_new();
  good = context != NULL &&
         EVP_DigestSignInit(context, &options, EVP_sha256(), NULL, certificate->key) > 0 &&
         set_padding(options, how) &&
         EVP_DigestSign(context, signature, &size, (const unsigned char *)data, length) > 0;
  if (!good) (void)refuse_for(error, alone, "libcrypto could not sign with this key");
  EVP_MD_CTX_free(context);
  (void)ERR_pop_to_mark();
  return good ? size : 0;
}


bool mde_certificate_verify (const mde_certificate *certificate, mde_signing how,
                             const char *data, size_t length,
                             const char *signature, size_t signature_length) {
  EVP_MD_CTX *context;
  EVP_PKEY_CTX *options;
  bool good;
  (void)ERR_set_mark();
  context = EVP_MD_CTX_new();
  good = context != NULL &&
         EVP_DigestVerifyInit(context, &options, EVP_sha256(), NULL, certificate->key) > 0 &&
         set_padding(options, how) &&
         EVP_DigestVerify(context, (const unsigned char *)signature, signature_length,
                          (const unsigned char *)data, length) > 0;
  EVP_MD_CTX_free(context);
  (void)ERR_pop_to_mark();
  return good;
}


/* Its contents */

const unsigned char *mde_certificate_sha1 (const mde_certificate *certificate) {
  return certificate->sha1;
}


const unsigned char *mde_certificate_sha256 (const mde_certificate *certificate) {
  return certificate->sha256;
}


const char *mde_certificate_text (const mde_certificate *certificate, size_t i) {
  return i < MAX_CHAIN ? certificate->texts[i] : NULL;
}


void mde_certificate_free (mde_certificate *certificate) {
  size_t i;
  if (certificate == NULL) return;
  for (i = 0; i < MAX_CHAIN; i++) free(certificate->texts[i]);
  EVP_PKEY_free(certificate->key);
  free(certificate);
}
