/* Functions of mde.file that read files which somebody else wrote. */
#ifndef MDE_HOST_TEXT_H
#define MDE_HOST_TEXT_H

#include <lua.h>
#include <sys/types.h>

/* file.text(path, most) -> text, path | nil, message, errno: the whole of a regular file
** of at most so many bytes, and where it really is: absolute, links followed. Never waits,
** whatever the path names. */
int mde_file_text (lua_State *L);

/* Reads a regular file into `bytes`, which has room for one byte more than `most`.
** The length, above `most` if the file is longer; -1 with *problem, or else errno. */
ssize_t mde_file_read (int fd, char *bytes, size_t most, const char **problem);

/* file.folder(path) -> folder | nil, message, errno: a folder whose files are read by names
** that cannot lead out of it. Has text(name, most), id() and close(). */
int mde_file_folder (lua_State *L);

/* file.real(path) -> absolute path without links, identity | nil, message, errno */
int mde_file_real (lua_State *L);

#endif
