/* Four functions of mde.file. */
#ifndef MDE_HOST_HOLDER_H
#define MDE_HOST_HOLDER_H

#include <lua.h>

/* file.holder(path, offset) -> pid of another process that keeps us from writing that
** byte | nil: none, or it is not known */
int mde_file_holder (lua_State *L);

/* file.identity(path) -> text that no other file has at the same time | nil, message, errno */
int mde_file_identity (lua_State *L);

/* file.mode(path) -> permission bits | nil, message, errno */
int mde_file_mode (lua_State *L);

/* file.sleep(seconds): less if a signal comes. */
int mde_file_sleep (lua_State *L);

#endif
