/* Reads whole files of other users, without waiting: functions of mde.file. */
#ifndef MDE_HOST_TEXT_H
#define MDE_HOST_TEXT_H

#include <lua.h>
#include <stddef.h>

/* file.text(path, most) -> text, absolute path without links | nil, message, errno. Reads a regular
** file of at most `most` bytes. Never waits, even if the path is a pipe or device. */
int mde_file_text (lua_State *L);

/* Reads a regular file into `bytes`, which has room for one byte more than `room`, closes it, and
** pushes its text; or nil, message [, errno] if it fails or the file is longer. `path` and `most`
** are for messages. Returns the number of values pushed. [-0, +(1|2|3), m] */
int mde_file_push (lua_State *L, int fd, char *bytes, size_t room, lua_Integer most,
                   const char *path);

/* Pushes nil and a message. Returns 2. [-0, +2, m] */
int mde_file_fail (lua_State *L, const char *format, ...);

/* file.identity(path) -> text, the same for all paths and links to the file | nil, message, errno */
int mde_file_identity (lua_State *L);

/* file.folder(path) -> folder | nil, message, errno. Its methods text(name, most), id() and close()
** read files by names that cannot lead out of it. */
int mde_file_folder (lua_State *L);

/* file.real(path) -> absolute path without links, identity | nil, message, errno */
int mde_file_real (lua_State *L);

#endif
