/* Whose a file is. The configuration, the files with secrets and all that is in the state
** folder must belong to this process's user or to root, and no other user may be able to
** write them: who can, decides what is run and where secrets are sent.
*/
#ifndef MDE_HOST_OWNER_H
#define MDE_HOST_OWNER_H

#include <lua.h>

/* Checks the open file or folder; `path` is for the message. Returns 0 if it is ours, else
** how many results it has pushed: nil, message, EPERM. [-0, +(0|3), m] */
int mde_owner_refuse (lua_State *L, int fd, const char *path);

/* file.check(handle, path) -> true | nil, message, errno: the same for a file of Lua's io
** library. */
int mde_file_check (lua_State *L);

#endif
