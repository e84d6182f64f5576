/* Counts the rounds of key derivation that a certificate file asks for. */
#include "rounds.h"

#include <openssl/asn1t.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdint.h>


/* Adds a number to the rounds so far. False: they are too many. */
static bool add (uint64_t *rounds, const ASN1_INTEGER *number) {
  uint64_t more;
  if (number == NULL) return true;
  if (!ASN1_INTEGER_get_uint64(&more, number) || more > MDE_ROUNDS_MOST - *rounds) return false;
  *rounds += more;
  return true;
}


/* The parameters of algorithms */

static bool add_pbe (uint64_t *rounds, const ASN1_STRING *text) {
  PBEPARAM *parameters = (PBEPARAM *)ASN1_item_unpack(text, ASN1_ITEM_rptr(PBEPARAM));
  const bool good = parameters == NULL || add(rounds, parameters->iter);
  PBEPARAM_free(parameters);
  return good;
}


static bool add_pbkdf2 (uint64_t *rounds, const ASN1_STRING *text) {
  PBKDF2PARAM *parameters = (PBKDF2PARAM *)ASN1_item_unpack(text, ASN1_ITEM_rptr(PBKDF2PARAM));
  const bool good = parameters == NULL || add(rounds, parameters->iter);
  PBKDF2PARAM_free(parameters);
  return good;
}


/* Its work is the product of three numbers. */
static bool add_scrypt (uint64_t *rounds, const ASN1_STRING *text) {
  SCRYPT_PARAMS *parameters
      = (SCRYPT_PARAMS *)ASN1_item_unpack(text, ASN1_ITEM_rptr(SCRYPT_PARAMS));
  uint64_t cost = 0, size = 0, times = 0;
  bool good = parameters == NULL;
  if (!good && add(&cost, parameters->costParameter) && add(&size, parameters->blockSize) &&
      add(&times, parameters->parallelizationParameter))
    good = (size == 0 || cost <= MDE_ROUNDS_MOST / size) &&
           (times == 0 || cost * size <= (MDE_ROUNDS_MOST - *rounds) / times);
  if (good) *rounds += cost * size * times;
  SCRYPT_PARAMS_free(parameters);
  return good;
}


static bool add_derivation (uint64_t *rounds, const X509_ALGOR *algorithm);


/* PKCS#5 version 2 names its derivation in the parameters. */
static bool add_pbes2 (uint64_t *rounds, const ASN1_STRING *text) {
  PBE2PARAM *parameters = (PBE2PARAM *)ASN1_item_unpack(text, ASN1_ITEM_rptr(PBE2PARAM));
  const bool good = parameters == NULL || add_derivation(rounds, parameters->keyfunc);
  PBE2PARAM_free(parameters);
  return good;
}


static bool add_derivation (uint64_t *rounds, const X509_ALGOR *algorithm) {
  const ASN1_OBJECT *name = NULL;
  const void *value = NULL;
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(&name, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE) return true;
  switch (OBJ_obj2nid(name)) {
    case NID_id_pbkdf2: return add_pbkdf2(rounds, (const ASN1_STRING *)value);
    case NID_id_scrypt: return add_scrypt(rounds, (const ASN1_STRING *)value);
    default: return add_pbe(rounds, (const ASN1_STRING *)value);
  }
}


static bool add_algorithm (uint64_t *rounds, const X509_ALGOR *algorithm) {
  const ASN1_OBJECT *name = NULL;
  const void *value = NULL;
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(&name, &type, &value, algorithm);
  if (OBJ_obj2nid(name) != NID_pbes2 || type != V_ASN1_SEQUENCE)
    return add_derivation(rounds, algorithm);
  return add_pbes2(rounds, (const ASN1_STRING *)value);
}


static bool add_key (uint64_t *rounds, const X509_SIG *key) {
  const X509_ALGOR *algorithm = NULL;
  X509_SIG_get0(key, &algorithm, NULL);
  return add_algorithm(rounds, algorithm);
}


/* Reads the next block, and adds its rounds if it is an encrypted key, whatever its name. */
static bool add_block (uint64_t *rounds, BIO *bio) {
  char *name = NULL, *header = NULL;
  unsigned char *bytes = NULL;
  long length = 0;
  bool good = true;
  if (PEM_read_bio(bio, &name, &header, &bytes, &length)) {
    const unsigned char *at = bytes;
    X509_SIG *key = d2i_X509_SIG(NULL, &at, length);
    if (key != NULL) good = add_key(rounds, key);
    X509_SIG_free(key);
  }
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(bytes);
  return good;
}


/* Skips a damaged block. If memory runs out, nothing is read. */
bool mde_rounds_of_pem (BIO *bio) {
  uint64_t rounds = 0;
  size_t left, before;
  bool good = true;
  for (left = BIO_ctrl_pending(bio); good && left > 0; left = BIO_ctrl_pending(bio)) {
    before = left;
    good = add_block(&rounds, bio);
    if (BIO_ctrl_pending(bio) == before) break;
  }
  return good;
}


bool mde_rounds_of_mac (const PKCS12 *pfx) {
  const ASN1_INTEGER *number = NULL;
  uint64_t rounds = 0;
  PKCS12_get0_mac(NULL, NULL, NULL, &number, pfx);
  return add(&rounds, number);
}


/* libcrypto limits the nesting of bags. */
static bool add_bags (uint64_t *rounds, const STACK_OF(PKCS12_SAFEBAG) *bags) {
  bool good = true;
  int i;
  for (i = 0; good && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
    const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
    switch (PKCS12_SAFEBAG_get_nid(bag)) {
      case NID_pkcs8ShroudedKeyBag:
        good = add_key(rounds, PKCS12_SAFEBAG_get0_pkcs8(bag));
        break;
      case NID_safeContentsBag:
        good = add_bags(rounds, PKCS12_SAFEBAG_get0_safes(bag));
        break;
      default: break;
    }
  }
  return good;
}


/* Decrypts one part with its bags. NULL: that fails, or *good is false. */
static STACK_OF(PKCS12_SAFEBAG) *open_part (uint64_t *rounds, PKCS7 *part, const char *password,
                                            bool *good) {
  if (PKCS7_type_is_data(part))
    return part->d.data == NULL ? NULL : PKCS12_unpack_p7data(part);
  if (!PKCS7_type_is_encrypted(part) || part->d.encrypted == NULL) return NULL;
  *good = add_algorithm(rounds, part->d.encrypted->enc_data->algorithm);
  return *good ? PKCS12_unpack_p7encdata(part, password, -1) : NULL;
}


bool mde_rounds_of_pfx (const PKCS12 *pfx, const char *password) {
  STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(pfx);
  uint64_t rounds = 0;
  bool good = true;
  int i;
  for (i = 0; good && i < sk_PKCS7_num(parts); i++) {
    STACK_OF(PKCS12_SAFEBAG) *bags
        = open_part(&rounds, sk_PKCS7_value(parts, i), password, &good);
    good = good && add_bags(&rounds, bags);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  }
  sk_PKCS7_pop_free(parts, PKCS7_free);
  return good;
}
