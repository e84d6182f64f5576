/* Two functions of mde.file, for the files that others read. */
#ifndef MDE_HOST_PLACE_H
#define MDE_HOST_PLACE_H

#include <lua.h>

/* file.kind(path) -> "file", "link", "folder" or "other"; nil if nothing is there. Links are
** not followed. */
int mde_file_kind (lua_State *L);

/* file.replace(path, text) -> true | nil, message, errno: writes a file whole or not at all,
** and follows no link. Only a regular file is replaced. */
int mde_file_replace (lua_State *L);

#endif
