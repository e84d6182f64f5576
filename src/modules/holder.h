/* Functions of mde.file: holder of an fcntl lock, mode, sleep. */
#ifndef MDE_HOST_HOLDER_H
#define MDE_HOST_HOLDER_H

#include <lua.h>

/* file.holder(path, offset) -> pid of the process whose lock keeps us from writing that byte | nil
** if there is none, or it is not known */
int mde_file_holder (lua_State *L);

/* file.mode(path) -> permission bits | nil, message, errno */
int mde_file_mode (lua_State *L);

/* file.sleep(seconds). A signal ends it. */
int mde_file_sleep (lua_State *L);

#endif
