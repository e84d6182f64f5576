/* Reads files of a folder by names that cannot lead out of it.
**
** Neither "..", nor a link, nor a concurrent rename leads out of it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#ifdef SYS_openat2
#include <linux/openat2.h>
#endif
#endif

#include <lauxlib.h>

#include "compat.h"
#include "text.h"

#define FOLDER "mde.file.folder"
#define FLAGS (O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
#define TRIES 100  /* lookups of a name while it is renamed */

typedef struct folder {
  int fd;  /* -1: closed */
} folder;


/* Pushes a file's identity as text, the same for all paths and links to the file. [-0, +1, m] */
static void push_id (lua_State *L, const struct stat *status) {
  char id[64];
  snprintf(id, sizeof id, "%ju:%ju", (uintmax_t)status->st_dev, (uintmax_t)status->st_ino);
  lua_pushstring(L, id);
}


int mde_file_identity (lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct stat status;
  if (stat(path, &status) != 0) return luaL_fileresult(L, 0, path);
  push_id(L, &status);
  return 1;
}


int mde_file_real (lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  char real[PATH_MAX];
  struct stat status;
  if (realpath(path, real) == NULL || stat(real, &status) != 0)
    return luaL_fileresult(L, 0, path);
  lua_pushstring(L, real);
  push_id(L, &status);
  return 2;
}


static int close_folder (lua_State *L) {
  folder *f = (folder *)luaL_checkudata(L, 1, FOLDER);
  if (f->fd >= 0) close(f->fd);
  f->fd = -1;
  return 0;
}


static folder *check (lua_State *L) {
  folder *f = (folder *)luaL_checkudata(L, 1, FOLDER);
  if (f->fd < 0) luaL_error(L, "the folder is closed");
  return f;
}


/* For systems that cannot confine a lookup to a folder: follows no link at all. */
static int open_without_links (int from, const char *name) {
  char part[NAME_MAX + 1];
  int fd = -1, at = from, number;
  for (;;) {
    const size_t length = strcspn(name, "/");
    const bool last = name[length] == '\0';
    if (length == 0 || length > NAME_MAX) errno = ENOENT;
    else {
      memcpy(part, name, length);
      part[length] = '\0';
      if (strcmp(part, "..") == 0) errno = EXDEV;
      else fd = openat(at, part, FLAGS | O_NOFOLLOW | (last ? 0 : O_DIRECTORY));
    }
    number = errno;
    if (at != from) close(at);
    errno = number;
    if (last || fd < 0) return fd;
    at = fd;
    fd = -1;
    name += length + 1;
  }
}


/* Opens a file in or below the folder. Returns -1 with errno; EXDEV if it is outside. */
static int open_beneath (int from, const char *name) {
#if defined __linux__ && defined SYS_openat2
  const struct open_how how = { .flags = FLAGS,
                                .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
  long fd;
  int tries = 0;
  do fd = syscall(SYS_openat2, from, name, &how, sizeof how);
  while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < TRIES)));
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return (int)fd;
#endif
  return open_without_links(from, name);
}


/* folder:text(name, most) -> text, identity | nil, message, errno. Reads a regular file of at most
** `most` bytes. Never waits, even if the name is a pipe or device. */
static int read_text (lua_State *L) {
  const folder *f = check(L);
  const char *name = luaL_checkstring(L, 2);
  const lua_Integer most = luaL_checkinteger(L, 3);
  struct stat status = { .st_size = 0 };
  char *bytes;
  int fd, pushed;
  luaL_argcheck(L, most >= 0 && most < INT_MAX, 3, "not a number of bytes");
  bytes = (char *)lua_newuserdatauv(L, (size_t)most + 1, 0);
  fd = open_beneath(f->fd, name);
  if (fd < 0) return luaL_fileresult(L, 0, name);
  (void)fstat(fd, &status);  /* if it fails, so does the next one */
  pushed = mde_file_push(L, fd, bytes, (size_t)most, most, name);
  if (pushed != 1) return pushed;
  push_id(L, &status);
  return 2;
}


/* folder:id() -> identity | nil, message, errno */
static int get_id (lua_State *L) {
  struct stat status;
  if (fstat(check(L)->fd, &status) != 0) return luaL_fileresult(L, 0, NULL);
  push_id(L, &status);
  return 1;
}


/* [-0, +1, m] */
static void push_class (lua_State *L) {
  static const luaL_Reg methods[] = {
    { "text", read_text }, { "id", get_id }, { "close", close_folder }, { NULL, NULL }
  };
  if (!luaL_newmetatable(L, FOLDER)) return;
  lua_pushcfunction(L, close_folder);
  lua_setfield(L, -2, "__gc");
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
}


/* file.folder(path) -> folder | nil, message, errno. The last component must not be a link. */
int mde_file_folder (lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  folder *f = (folder *)lua_newuserdatauv(L, sizeof *f, 0);
  f->fd = -1;
  push_class(L);
  lua_setmetatable(L, -2);
  do f->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  while (f->fd < 0 && errno == EINTR);
  return f->fd < 0 ? luaL_fileresult(L, 0, path) : 1;
}
