/* SHA-256 in Lua: `core.sha256(text)`, `core.digest()` for text in pieces, and
** `core.hmac_sha256(key, text)`.
*/
#include "bind.h"
#include "core/digest.h"

#define DIGEST "mde.digest"
#define FAILED "SHA-256 failed: not enough memory, or libcrypto does without it"


static int push_digits (lua_State *L, bool good, const char *digits) {
  if (!good) return luaL_error(L, FAILED);
  lua_pushlstring(L, digits, MDE_SHA256_LENGTH);
  return 1;
}


/* core.sha256(text) -> 64 hexadecimal digits in lower case */
static int sha256 (lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  char digits[MDE_SHA256_LENGTH + 1];
  return push_digits(L, mde_sha256(text, length, digits), digits);
}


/* core.hmac_sha256(key, text) -> 32 bytes; the key is text or a secret */
static int hmac_sha256 (lua_State *L) {
  const mde_secret *secret = mde_test_secret(L, 1);
  size_t key_length, length;
  const char *key = secret != NULL ? mde_secret_bytes(secret, &key_length)
                                   : luaL_checklstring(L, 1, &key_length);
  const char *text = luaL_checklstring(L, 2, &length);
  unsigned char code[MDE_HMAC_SIZE];
  if (!mde_hmac_sha256(key, key_length, text, length, code)) return luaL_error(L, FAILED);
  lua_pushlstring(L, (const char *)code, sizeof code);
  return 1;
}


static mde_digest *check_digest (lua_State *L) {
  mde_digest **box = (mde_digest **)luaL_checkudata(L, 1, DIGEST);
  if (*box == NULL) luaL_argerror(L, 1, "the digest is gone");
  return *box;
}


/* core.digest() -> new digest */
static int new_digest (lua_State *L) {
  mde_digest **box = (mde_digest **)lua_newuserdata(L, sizeof *box);
  *box = NULL;
  luaL_getmetatable(L, DIGEST);
  lua_setmetatable(L, -2);
  *box = mde_digest_new();
  return *box == NULL ? luaL_error(L, FAILED) : 1;
}


/* digest:update(text) -> digest */
static int update (lua_State *L) {
  mde_digest *digest = check_digest(L);
  size_t length;
  const char *text = luaL_checklstring(L, 2, &length);
  if (!mde_digest_update(digest, text, length)) return luaL_error(L, FAILED);
  lua_settop(L, 1);
  return 1;
}


/* digest:hex() -> 64 hexadecimal digits in lower case, of all text so far */
static int hex (lua_State *L) {
  const mde_digest *digest = check_digest(L);
  char digits[MDE_SHA256_LENGTH + 1];
  return push_digits(L, mde_digest_hex(digest, digits), digits);
}


static int collect (lua_State *L) {
  mde_digest **box = (mde_digest **)luaL_checkudata(L, 1, DIGEST);
  mde_digest *digest = *box;
  *box = NULL;
  mde_digest_free(digest);
  return 0;
}


void mde_open_digest (lua_State *L) {
  static const luaL_Reg metamethods[] = {
    { "__gc", collect },
    { NULL, NULL }
  };
  static const luaL_Reg methods[] = {
    { "update", update },
    { "hex", hex },
    { NULL, NULL }
  };
  mde_class(L, DIGEST, metamethods, methods);
  lua_pushcfunction(L, hmac_sha256);
  lua_pushcfunction(L, new_digest);
  lua_pushcfunction(L, sha256);
}
