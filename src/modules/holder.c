/* Functions of mde.file: holder of an fcntl lock, mode, sleep.
**
** A process that closes any descriptor of a file loses all its own fcntl locks on it, such as those
** of SQLite. Therefore a child process looks up the holder.
*/
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>
#include "compat.h"
#include "holder.h"


/* Runs in the child, and uses only functions that are safe after a fork. Returns the pid, or 0. */
static pid_t look (const char *path, off_t offset) {
  struct flock wanted = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1 };
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0 || fcntl(fd, F_GETLK, &wanted) != 0 || wanted.l_type == F_UNLCK) return 0;
  return wanted.l_pid;
}


/* Returns the pid of the holder, or 0 if it can't be known. */
static pid_t ask_child (const char *path, off_t offset) {
  int ends[2];
  pid_t child, found = 0;
  if (pipe(ends) != 0) return 0;
  child = fork();
  if (child == 0) {
    found = look(path, offset);
    _exit(write(ends[1], &found, sizeof found) != (ssize_t)sizeof found);
  }
  (void)close(ends[1]);
  if (child > 0) {
    ssize_t got;
    do got = read(ends[0], &found, sizeof found);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof found) found = 0;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
  }
  (void)close(ends[0]);
  return found;
}


int mde_file_holder (lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  const pid_t pid = ask_child(path, (off_t)luaL_checkinteger(L, 2));
  if (pid <= 0 || pid == getpid()) lua_pushnil(L);
  else lua_pushinteger(L, (lua_Integer)pid);
  return 1;
}


int mde_file_mode (lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct stat status;
  if (stat(path, &status) != 0) return luaL_fileresult(L, 0, path);
  lua_pushinteger(L, status.st_mode & 07777);
  return 1;
}


int mde_file_sleep (lua_State *L) {
  const lua_Number seconds = luaL_checknumber(L, 1);
  struct timespec time;
  luaL_argcheck(L, seconds >= 0 && seconds <= 60, 1, "0 to 60 seconds expected");
  time.tv_sec = (time_t)seconds;
  time.tv_nsec = (long)((seconds - (lua_Number)time.tv_sec) * 1e9);
  (void)nanosleep(&time, NULL);
  return 0;
}
