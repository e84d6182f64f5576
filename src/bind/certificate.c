/* Certificates in Lua: `core.certificate(bytes, password)`.
**
** The object shows nothing of its key. The bytes of its file and the password may be
** strings or secrets.
*/
#include "bind.h"
#include "core/certificate.h"

#include <string.h>

#define CERTIFICATE "mde.certificate"

static const char *const algorithms[] = { "PS256", "RS256", NULL };
static const mde_signing signings[] = { MDE_PS256, MDE_RS256 };


static const mde_certificate *check_certificate (lua_State *L) {
  mde_certificate **box = (mde_certificate **)luaL_checkudata(L, 1, CERTIFICATE);
  if (*box == NULL) luaL_argerror(L, 1, "the certificate is gone");
  return *box;
}


/* The algorithm that is named at `index`. */
static mde_signing check_signing (lua_State *L, int index) {
  return signings[luaL_checkoption(L, index, NULL, algorithms)];
}


/* The string or secret at `index`. [-0, +0, v] */
static const char *check_bytes (lua_State *L, int index, size_t *length) {
  const mde_secret *secret = mde_test_secret(L, index);
  return secret != NULL ? mde_secret_bytes(secret, length) : luaL_checklstring(L, index, length);
}


/* The password at 2, which ends with its NUL; NULL: none. [-0, +0, v] */
static const char *check_password (lua_State *L) {
  size_t length;
  const char *password;
  if (lua_isnoneornil(L, 2)) return NULL;
  password = check_bytes(L, 2, &length);
  if (strlen(password) != length) luaL_argerror(L, 2, "a password has no NUL");
  return password;
}


/* core.certificate(bytes, password) -> certificate | nil, err */
static int new_certificate (lua_State *L) {
  size_t length;
  const char *bytes = check_bytes(L, 1, &length);
  const char *password = check_password(L);
  mde_certificate **box = (mde_certificate **)lua_newuserdata(L, sizeof *box);
  mde_error error;
  *box = NULL;
  luaL_getmetatable(L, CERTIFICATE);
  lua_setmetatable(L, -2);
  *box = mde_certificate_read(bytes, length, password, &error);
  return *box == NULL ? mde_push_error(L, &error) : 1;
}


/* certificate:sign(data, algorithm) -> bytes | nil, err */
static int sign (lua_State *L) {
  const mde_certificate *certificate = check_certificate(L);
  size_t length;
  const char *data = luaL_checklstring(L, 2, &length);
  unsigned char signature[MDE_SIGNATURE_MAX];
  mde_error error;
  const size_t size = mde_certificate_sign(certificate, check_signing(L, 3), data, length,
                                           signature, &error);
  if (size == 0) return mde_push_error(L, &error);
  lua_pushlstring(L, (const char *)signature, size);
  return 1;
}


/* certificate:verify(data, signature, algorithm) -> whether the signature is valid */
static int verify (lua_State *L) {
  const mde_certificate *certificate = check_certificate(L);
  size_t length;
  size_t size;
  const char *data = luaL_checklstring(L, 2, &length);
  const char *signature = luaL_checklstring(L, 3, &size);
  lua_pushboolean(L, mde_certificate_verify(certificate, check_signing(L, 4), data, length,
                                            signature, size));
  return 1;
}


/* certificate:thumbprint("SHA-256" | "SHA-1") -> bytes */
static int thumbprint (lua_State *L) {
  static const char *const digests[] = { "SHA-256", "SHA-1", NULL };
  const mde_certificate *certificate = check_certificate(L);
  if (luaL_checkoption(L, 2, NULL, digests) == 0)
    lua_pushlstring(L, (const char *)mde_certificate_sha256(certificate), MDE_SHA256_SIZE);
  else
    lua_pushlstring(L, (const char *)mde_certificate_sha1(certificate), MDE_SHA1_SIZE);
  return 1;
}


/* certificate:chain() -> array of base64 texts, its own first */
static int chain (lua_State *L) {
  const mde_certificate *certificate = check_certificate(L);
  const char *text;
  int i;
  lua_newtable(L);
  for (i = 0; (text = mde_certificate_text(certificate, (size_t)i)) != NULL; i++) {
    lua_pushstring(L, text);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}


static int to_string (lua_State *L) {
  lua_pushliteral(L, "<certificate>");
  return 1;
}


static int collect (lua_State *L) {
  mde_certificate **box = (mde_certificate **)luaL_checkudata(L, 1, CERTIFICATE);
  mde_certificate *certificate = *box;
  *box = NULL;
  mde_certificate_free(certificate);
  return 0;
}


void mde_open_certificate (lua_State *L) {
  static const luaL_Reg metamethods[] = {
    { "__gc", collect },
    { "__tostring", to_string },
    { NULL, NULL }
  };
  static const luaL_Reg methods[] = {
    { "sign", sign },
    { "verify", verify },
    { "thumbprint", thumbprint },
    { "chain", chain },
    { NULL, NULL }
  };
  mde_class(L, CERTIFICATE, metamethods, methods);
  lua_pushcfunction(L, new_certificate);
}
