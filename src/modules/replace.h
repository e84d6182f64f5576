/* Opens and replaces regular files only, through no link: functions of mde.file. */
#ifndef MDE_HOST_REPLACE_H
#define MDE_HOST_REPLACE_H

#include <lua.h>

/* file.kind(path) -> "file", "link", "folder" or "other" | nil if it does not exist. Does not
** follow links. */
int mde_file_kind (lua_State *L);

/* file.open(path [, "rb" | "r+b" | "w+b"]) -> file of Lua | nil, message, errno. As io.open, but
** follows no link, never waits for a FIFO, and opens only regular files. */
int mde_file_open (lua_State *L);

/* file.replace(path, text) -> true | nil, message, errno. Writes a file completely or not at all,
** and follows no link. Only a regular file is replaced. */
int mde_file_replace (lua_State *L);

#endif
