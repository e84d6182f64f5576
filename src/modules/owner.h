/* Checks that a file belongs to this process's user or to root.
**
** No other user may be able to write the configuration, the files with secrets, and everything in
** the state folder, because they determine which programs run and where secrets are sent.
*/
#ifndef MDE_HOST_OWNER_H
#define MDE_HOST_OWNER_H

#include <lua.h>

/* Checks an open file or folder; `path` is for the message. Returns 0 if it is ours, or else the
** number of results pushed: nil, message, EPERM. [-0, +(0|3), m] */
int mde_owner_refuse (lua_State *L, int fd, const char *path);

/* file.check(handle, path) -> true | nil, message, errno. The same for a handle of Lua's io
** library. */
int mde_file_check (lua_State *L);

#endif
