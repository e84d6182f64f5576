/* The module mde.file: locks and logs that processes share. Lua 5.4 only.
**
** As in Lua's own libraries, wrong use raises, and a runtime failure is nil, message, errno. Locks
** are flock's: the kernel releases them when their holder ends, in any way. They are advisory, and
** hold on one machine.
**
** No descriptor is inherited by programs run from here. A userdata owns each descriptor from its
** creation, and one function closes it, which may be called again.
*/
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#define fdatasync fsync
#endif

#include <lauxlib.h>
#include "class.h"
#include "folder.h"
#include "holder.h"
#include "libpq.h"
#include "owner.h"
#include "replace.h"
#include "system/write.h"
#include "text.h"

/* The only visible symbol. */
__attribute__((visibility("default"))) int luaopen_mde_file (lua_State *L);

#define LOCK "mde.file.lock"
#define LOG "mde.file.log"
#define READ_MAXIMUM ((lua_Integer)16 * 1024 * 1024)  /* bytes of one log:read */

/* A descriptor and the process that opened it. A fork shares the file, and so its lock. */
typedef struct owned {
  int fd;       /* -1: closed */
  pid_t owner;
} owned;

typedef struct lock {
  owned file;
  bool shared;
  char path[];
} lock;

typedef struct log_file {
  owned file;
  bool read_only;
} log_file;


/* Opens a file, and repeats the call after a signal. */
static int open_file (const char *path, int flags) {
  int fd;
  do fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0600);
  while (fd < 0 && errno == EINTR);
  return fd;
}


static int lock_file (int fd, int how) {
  int result;
  do result = flock(fd, how);
  while (result != 0 && errno == EINTR);
  return result;
}


static int truncate_file (int fd, off_t size) {
  int result;
  do result = ftruncate(fd, size);
  while (result != 0 && errno == EINTR);
  return result;
}


/* Unlocks and closes; keeps errno. The explicit unlock frees the lock even while a program that is
** being started has a copy of the descriptor. A forked process does not unlock, because that would
** free its parent's lock. */
static void close_file (owned *file) {
  const int closing = file->fd, number = errno;
  file->fd = -1;
  if (closing < 0) return;
  if (file->owner == getpid()) (void)lock_file(closing, LOCK_UN);
  (void)close(closing);
  errno = number;
}


static void check_owner (lua_State *L, const owned *file, const char *name) {
  if (file->owner != getpid())
    luaL_error(L, "the %s was opened before a fork: open it again in this process", name);
}


/* Locks */

/* Returns 1 if the path still names the open file, 0 if not, or -1 with errno. */
static int is_current (const lock *l) {
  struct stat named, opened;
  if (fstat(l->file.fd, &opened) != 0) return -1;
  if (stat(l->path, &named) != 0) return errno == ENOENT ? 0 : -1;
  return named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}


/* Tries once. Returns 1 with the lock, 0 if the file was removed meanwhile, or -1 with errno. The
** caller closes the file. */
static int try_lock (lock *l) {
  l->file.fd = open_file(l->path, O_RDWR | O_CREAT);
  if (l->file.fd < 0) return -1;
  if (lock_file(l->file.fd, (l->shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) return -1;
  return is_current(l);
}


/* file.lock(path [, "shared"]) -> lock | false if another process holds it | nil, message, errno.
** Never waits. Creates the file (mode 0600) if it is missing. Its holder may remove it
** (lock:remove); a process that had opened it before then tries again with the new file. A file of
** another owner is refused (owner.h). */
static int new_lock (lua_State *L) {
  static const char *const kinds[] = { "exclusive", "shared", NULL };
  size_t length;
  const char *path = luaL_checklstring(L, 1, &length);
  const int kind = luaL_checkoption(L, 2, "exclusive", kinds);
  int result, refused;
  lock *l = (lock *)lua_newuserdatauv(L, sizeof *l + length + 1, 0);
  l->file = (owned){ -1, getpid() };
  l->shared = kind == 1;
  memcpy(l->path, path, length + 1);
  luaL_setmetatable(L, LOCK);
  while ((result = try_lock(l)) == 0) close_file(&l->file);
  refused = result > 0 ? mde_owner_refuse(L, l->file.fd, path) : 0;
  if (result > 0 && refused == 0) return 1;
  close_file(&l->file);
  if (refused > 0) return refused;
  if (errno != EWOULDBLOCK) return luaL_fileresult(L, 0, path);
  lua_pushboolean(L, 0);
  return 1;
}


/* Returns the lock at 1, which must be exclusive. */
static lock *check_lock (lua_State *L) {
  lock *l = (lock *)luaL_checkudata(L, 1, LOCK);
  if (l->file.fd < 0) luaL_error(L, "the lock is released");
  check_owner(L, &l->file, "lock");
  if (l->shared) luaL_error(L, "the lock is shared");
  return l;
}


/* lock:write(text) -> true | nil, message, errno. Replaces the file's content, such as the name of
** its holder. */
static int write_lock (lua_State *L) {
  const lock *l = check_lock(L);
  size_t size;
  const char *text = luaL_checklstring(L, 2, &size);
  return luaL_fileresult(L, lseek(l->file.fd, 0, SEEK_SET) == 0 && mde_write_all(l->file.fd, text, size) &&
                         truncate_file(l->file.fd, (off_t)size) == 0, l->path);
}


/* lock:release(). May be called again. */
static int release_lock (lua_State *L) {
  close_file(&((lock *)luaL_checkudata(L, 1, LOCK))->file);
  return 0;
}


/* lock:remove() -> true | nil, message, errno. Removes the file, unless its name belongs to a new
** file, and in any case releases the lock. */
static int remove_lock (lua_State *L) {
  lock *l = check_lock(L);
  int result = is_current(l);
  if (result == 1 && unlink(l->path) != 0 && errno != ENOENT) result = -1;
  close_file(&l->file);
  return luaL_fileresult(L, result >= 0, l->path);
}


/* Logs */

/* file.log(path [, "read"]) -> log | nil, message, errno. Opens a log for reading and appending,
** and creates it (mode 0600) if it is missing. A file of another owner is refused (owner.h). With
** "read" opens any file, only for reading. */
static int new_log (lua_State *L) {
  static const char *const kinds[] = { "append", "read", NULL };
  const char *path = luaL_checkstring(L, 1);
  const bool read_only = luaL_checkoption(L, 2, "append", kinds) == 1;
  int refused;
  log_file *log = (log_file *)lua_newuserdatauv(L, sizeof *log, 0);
  log->file = (owned){ -1, getpid() };
  log->read_only = read_only;
  luaL_setmetatable(L, LOG);
  log->file.fd = open_file(path, read_only ? O_RDONLY : O_RDWR | O_APPEND | O_CREAT);
  if (log->file.fd < 0) return luaL_fileresult(L, 0, path);
  refused = read_only ? 0 : mde_owner_refuse(L, log->file.fd, path);
  if (refused == 0) return 1;
  close_file(&log->file);
  return refused;
}


static log_file *check_log (lua_State *L) {
  log_file *log = (log_file *)luaL_checkudata(L, 1, LOG);
  if (log->file.fd < 0) luaL_error(L, "the log is closed");
  check_owner(L, &log->file, "log");
  return log;
}


static log_file *check_writable (lua_State *L) {
  log_file *log = check_log(L);
  if (log->read_only) luaL_error(L, "the log is open for reading only");
  return log;
}


/* log:lock() -> true | false if another process has locked it | nil, message, errno. Never waits. A
** log that is open for reading is only kept out by writers. */
static int lock_log (lua_State *L) {
  const log_file *log = check_log(L);
  const int result = lock_file(log->file.fd, (log->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB);
  if (result == 0 || errno != EWOULDBLOCK) return luaL_fileresult(L, result == 0, NULL);
  lua_pushboolean(L, 0);
  return 1;
}


/* log:unlock() -> true | nil, message, errno. Succeeds also if it is not locked. */
static int unlock_log (lua_State *L) {
  return luaL_fileresult(L, lock_file(check_log(L)->file.fd, LOCK_UN) == 0, NULL);
}


/* log:size() -> bytes | nil, message, errno */
static int get_size (lua_State *L) {
  struct stat status;
  if (fstat(check_log(L)->file.fd, &status) != 0) return luaL_fileresult(L, 0, NULL);
  lua_pushinteger(L, (lua_Integer)status.st_size);
  return 1;
}


/* log:read(offset, count) -> text, shorter at the end of the log | nil, message, errno */
static int read_log (lua_State *L) {
  const log_file *log = check_log(L);
  const lua_Integer offset = luaL_checkinteger(L, 2), count = luaL_checkinteger(L, 3);
  char *bytes;
  size_t had = 0;
  luaL_argcheck(L, count >= 0 && count <= READ_MAXIMUM, 3, "0 to 16 MiB expected");
  luaL_argcheck(L, offset >= 0 && offset <= LUA_MAXINTEGER - count, 2,
                "an offset of 0 or more expected");
  bytes = (char *)lua_newuserdatauv(L, (size_t)count, 0);
  while (had < (size_t)count) {
    ssize_t got = pread(log->file.fd, bytes + had, (size_t)count - had, (off_t)offset + (off_t)had);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return luaL_fileresult(L, 0, NULL);
    if (got == 0) break;
    had += (size_t)got;
  }
  lua_pushlstring(L, bytes, had);
  return 1;
}


/* log:append(text) -> true | nil, message, errno. All or nothing: bytes written before a failure
** are cut off again. Lock a shared log first, or the cut removes the lines of others. */
static int append_log (lua_State *L) {
  const log_file *log = check_writable(L);
  size_t size;
  const char *text = luaL_checklstring(L, 2, &size);
  struct stat status;
  int number;
  if (fstat(log->file.fd, &status) != 0) return luaL_fileresult(L, 0, NULL);
  if (mde_write_all(log->file.fd, text, size)) return luaL_fileresult(L, 1, NULL);
  number = errno;
  (void)truncate_file(log->file.fd, status.st_size);
  errno = number;
  return luaL_fileresult(L, 0, NULL);
}


/* log:truncate(size) -> true | nil, message, errno. Lock a shared log first. */
static int truncate_log (lua_State *L) {
  const log_file *log = check_writable(L);
  const lua_Integer size = luaL_checkinteger(L, 2);
  luaL_argcheck(L, size >= 0, 2, "a size of 0 or more expected");
  return luaL_fileresult(L, truncate_file(log->file.fd, (off_t)size) == 0, NULL);
}


/* log:sync() -> true | nil, message, errno. Waits until all appended bytes are on the disk. */
static int sync_log (lua_State *L) {
  const log_file *log = check_log(L);
  int result;
  do result = fdatasync(log->file.fd);
  while (result != 0 && errno == EINTR);
  return luaL_fileresult(L, result == 0, NULL);
}


/* log:close(). May be called again. */
static int close_log (lua_State *L) {
  close_file(&((log_file *)luaL_checkudata(L, 1, LOG))->file);
  return 0;
}


/* The machine's start */

/* file.boot() -> text that is the same until the machine restarts | nil if the system does not
** report it */
static int boot (lua_State *L) {
  char text[64] = "";
#ifdef __APPLE__
  size_t size = sizeof text - 1;
  if (sysctlbyname("kern.bootsessionuuid", text, &size, NULL, 0) != 0) text[0] = '\0';
#else
  const int fd = open_file("/proc/sys/kernel/random/boot_id", O_RDONLY);
  const ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (fd >= 0) (void)close(fd);
  text[size > 0 ? strcspn(text, "\n") : 0] = '\0';
#endif
  if (text[0] == '\0') lua_pushnil(L);
  else lua_pushstring(L, text);
  return 1;
}


/* The module: { make_folder, make_temporary_folder, lock, log, boot, mode, check, text, real,
** folder, kind, replace, holder, identity, sleep, postgresql_problem } */
int luaopen_mde_file (lua_State *L) {
  static const luaL_Reg ends_lock[] = {
    { "__gc", release_lock }, { "__close", release_lock }, { NULL, NULL }
  };
  static const luaL_Reg ends_log[] = {
    { "__gc", close_log }, { "__close", close_log }, { NULL, NULL }
  };
  static const luaL_Reg of_locks[] = {
    { "write", write_lock }, { "release", release_lock }, { "remove", remove_lock }, { NULL, NULL }
  };
  static const luaL_Reg of_logs[] = {
    { "lock", lock_log }, { "unlock", unlock_log }, { "size", get_size },
    { "read", read_log }, { "append", append_log }, { "truncate", truncate_log },
    { "sync", sync_log }, { "close", close_log }, { NULL, NULL }
  };
  static const luaL_Reg functions[] = {
    { "make_folder", mde_file_make_folder },
    { "make_temporary_folder", mde_file_make_temporary_folder }, { "lock", new_lock },
    { "log", new_log }, { "boot", boot }, { "mode", mde_file_mode }, { "check", mde_file_check },
    { "text", mde_file_text }, { "kind", mde_file_kind }, { "replace", mde_file_replace },
    { "real", mde_file_real }, { "folder", mde_file_folder },
    { "holder", mde_file_holder }, { "identity", mde_file_identity }, { "sleep", mde_file_sleep },
    { "postgresql_problem", mde_file_postgresql_problem },
#if LUA_VERSION_NUM >= 502
    { "open", mde_file_open },
#endif
    { NULL, NULL }
  };
  mde_check_version(L);
  mde_class(L, LOCK, ends_lock, of_locks);
  mde_class(L, LOG, ends_log, of_logs);
  luaL_newlib(L, functions);
  return 1;
}
