/* Asks libpq why a connection to PostgreSQL fails: a function of mde.file. */
#ifndef MDE_HOST_LIBPQ_H
#define MDE_HOST_LIBPQ_H

#include <lua.h>

/* file.postgresql_problem(url) -> libpq's message | nil if the connection succeeds or this process
** has not loaded libpq. Blocks as long as connecting takes. */
int mde_file_postgresql_problem (lua_State *L);

#endif
