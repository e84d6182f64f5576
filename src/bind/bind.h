/* Declarations shared by the files of the binding.
**
** Each mde_open_* pushes the functions of one file, as a table, for
** luaopen_mde_core. [-0, +1, m]
**
** The binding moves values between Lua and src/core and decides nothing. It checks
** every argument before it takes a C resource, and a userdata owns a resource from
** its beginning, so that a raised error leaks nothing.
*/
#ifndef MDE_BIND_H
#define MDE_BIND_H

#include "class.h"
#include "core/engine.h"
#include "core/error.h"
#include "core/secret.h"

#define MDE_SECRET "mde.secret"
#define MDE_ENGINE "mde.engine"

void mde_open_secret (lua_State *L);
void mde_open_engine (lua_State *L);
void mde_open_operation (lua_State *L);
void mde_open_entity (lua_State *L);
void mde_open_certificate (lua_State *L);
void mde_open_texts (lua_State *L);

/* Pushes two: core.digest and, on top, core.sha256. [-0, +2, m] */
void mde_open_digest (lua_State *L);

/* The secret at `index`, or NULL if that is another value. */
const mde_secret *mde_test_secret (lua_State *L, int index);

/* Pushes { status, body, seconds, headers }. [-0, +1, m] */
void mde_push_response (lua_State *L, const mde_response *response);

/* Pushes nil and { code, message, sent }; returns 2. [-0, +2, m] */
int mde_push_error (lua_State *L, const mde_error *error);

#endif
