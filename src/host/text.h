/* One function of mde.file. */
#ifndef MDE_HOST_TEXT_H
#define MDE_HOST_TEXT_H

#include <lua.h>

/* file.text(path, most) -> text, path | nil, message, errno: the whole of a regular file
** of at most so many bytes, and where it really is: absolute, links followed. Never waits,
** whatever the path names. */
int mde_file_text (lua_State *L);

#endif
