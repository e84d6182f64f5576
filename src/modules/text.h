/* Reads whole files of other users, without waiting: functions of mde.file. */
#ifndef MDE_HOST_TEXT_H
#define MDE_HOST_TEXT_H

#include <lua.h>
#include <sys/types.h>

/* file.text(path, most) -> text, absolute path without links | nil, message, errno. Reads a regular
** file of at most `most` bytes. Never waits, even if the path is a pipe or device. */
int mde_file_text (lua_State *L);

/* Reads a regular file into `bytes`, which has room for one byte more than `most`. Returns the
** length, which is above `most` if the file is longer, or -1 with *problem or else errno. */
ssize_t mde_file_read (int fd, char *bytes, size_t most, const char **problem);

/* file.folder(path) -> folder | nil, message, errno. Its methods text(name, most), id() and close()
** read files by names that cannot lead out of it. */
int mde_file_folder (lua_State *L);

/* file.real(path) -> absolute path without links, identity | nil, message, errno */
int mde_file_real (lua_State *L);

#endif
