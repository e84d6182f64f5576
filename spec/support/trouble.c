/* Makes a program fail at an exact instant, for tests (trouble.lua):
**
**   LD_PRELOAD=trouble.so MDE_TROUBLE=WHAT COMMAND ARG...
**
** kill:N         SIGKILL at the Nth instant. Instants are before and after each
**                call of CHANGE below: 1 is before the first, 2 right after it,
**                3 before the second, ...
** kill:N:NAME    the same, but only calls whose names begin so count, as with send
** power:N:PATH   the same, and the file PATH loses the bytes that were not synced: those
**                after its size at its last fsync or fdatasync, or else at the start
** full:N:PATH    there is no space left below PATH from the Nth call on that
**                needs some (writes, and what makes a file longer): ENOSPC
** torn:N:PATH    the same, but that the Nth call still writes half of its bytes,
**                if it is write or pwrite
** denied:PATH    nothing below PATH may be made, changed or removed: EACCES, also for
**                root, who may ignore modes
**
** Below a path is itself, too. COMMAND alone has the trouble, in whichever of its
** threads: processes that it starts or forks have none, nor has what it replaces
** itself with. Calls are seen that leave a program or a library for the C library,
** not those that the C library makes for itself: of stdio only fopen, and no write.
*/
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* What programs that are compiled with _FORTIFY_SOURCE call for open. */
int __open_2 (const char *path, int flags);
int __open64_2 (const char *path, int flags);
int __openat_2 (int folder, const char *path, int flags);
int __openat64_2 (int folder, const char *path, int flags);

enum { NONE, KILL, POWER, FULL, TORN, DENIED };

/* Written before main, but for `count`. */
static struct {
  int kind;
  long n;
  atomic_long count;  /* of instants, or of calls that needed space */
  pid_t pid;          /* whose trouble it is */
  char path[PATH_MAX];  /* or, for KILL, a name */
  _Atomic off_t synced;  /* bytes of it that are on the disk, for POWER */
} trouble;


static _Noreturn void refuse (const char *what) {
  fprintf(stderr, "trouble: '%s' is no trouble\n", what);
  _exit(125);
}


/* Paths are compared as they are without links. */
static void set_path (const char *path) {
  if (trouble.kind == KILL || realpath(path, trouble.path) == NULL)
    (void)snprintf(trouble.path, sizeof trouble.path, "%s", path);
}


static void begin_power (void) {
  struct stat status;
  if (stat(trouble.path, &status) == 0) trouble.synced = status.st_size;
}


__attribute__((constructor)) static void begin (void) {
  static const char *const names[] = { "", "kill:", "power:", "full:", "torn:", "denied:" };
  const char *what = getenv("MDE_TROUBLE");
  const char *rest = what;
  char *end;
  int kind = KILL;
  if (what == NULL) return;
  while (kind <= DENIED && strncmp(what, names[kind], strlen(names[kind])) != 0) kind++;
  if (kind > DENIED) refuse(what);
  rest += strlen(names[kind]);
  if (kind != DENIED) {
    trouble.n = strtol(rest, &end, 10);
    if (end == rest || trouble.n < 1 || (*end != ':' && (kind != KILL || *end != '\0')))
      refuse(what);
    rest = *end == ':' ? end + 1 : end;
  }
  trouble.pid = getpid();
  trouble.kind = kind;
  set_path(rest);
  if (kind == POWER) begin_power();
  unsetenv("MDE_TROUBLE");
}


static bool has (int kind) {
  return trouble.kind == kind && getpid() == trouble.pid;
}


static void instant (const char *name) {
  if (!has(POWER) && (!has(KILL) || strncmp(name, trouble.path, strlen(trouble.path)) != 0))
    return;
  if (atomic_fetch_add(&trouble.count, 1) + 1 != trouble.n) return;
  if (has(POWER) && syscall(SYS_truncate, trouble.path, (long)trouble.synced) != 0
      && errno != ENOENT)
    refuse("truncate");
  kill(trouble.pid, SIGKILL);
  for (;;) pause();
}


/* Paths below the one that has the trouble */

static bool is_below (const char *path) {
  const size_t length = strlen(trouble.path);
  return strncmp(path, trouble.path, length) == 0
         && (path[length] == '\0' || path[length] == '/' || trouble.path[length - 1] == '/');
}


/* Where the kernel says that a descriptor leads. */
static bool find_link (const char *link, char *path) {
  const ssize_t length = readlink(link, path, PATH_MAX - 1);
  path[length < 0 ? 0 : length] = '\0';
  return length > 0;
}


static bool file_is_below (int fd) {
  char link[64], path[PATH_MAX];
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  return find_link(link, path) && is_below(path);
}


/* The same for a path from a folder, of a file that may be still to be made. */
static bool path_is_below (int folder, const char *path) {
  char link[64] = "/proc/self/cwd", whole[2 * PATH_MAX] = "", real[PATH_MAX + NAME_MAX + 2];
  char *name;
  size_t size = 0;
  if (path[0] != '/') {
    if (folder != AT_FDCWD) (void)snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    if (!find_link(link, whole)) return false;
    size = strlen(whole);
  }
  (void)snprintf(whole + size, sizeof whole - size, "/%s", path);
  if (realpath(whole, real) != NULL) return is_below(real);
  name = strrchr(whole, '/');
  *name++ = '\0';
  if (realpath(whole[0] == '\0' ? "/" : whole, real) == NULL) return false;
  (void)snprintf(real + strlen(real), NAME_MAX + 2, "/%s", name);
  return is_below(real);
}


/* The reason to refuse a call: an errno, or 0 */

static int denied (int folder, const char *path) {
  return has(DENIED) && path_is_below(folder, path) ? EACCES : 0;
}


static int denied_if (bool changes, int folder, const char *path) {
  return changes ? denied(folder, path) : 0;
}


static int opens (int flags, int folder, const char *path) {
  return denied_if((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0,
                   folder, path);
}


/* `size`: what the call can write, if it can write less; otherwise NULL. */
static int full (int fd, size_t *size) {
  long count;
  if (!(has(FULL) || has(TORN)) || !file_is_below(fd)) return 0;
  count = atomic_fetch_add(&trouble.count, 1) + 1;
  if (count < trouble.n) return 0;
  if (count > trouble.n || trouble.kind == FULL || size == NULL || *size < 2) return ENOSPC;
  *size /= 2;
  return 0;
}


static int full_if_longer (int fd, off_t size) {
  struct stat status;
  return fstat(fd, &status) == 0 && status.st_size < size ? full(fd, NULL) : 0;
}


/* The calls */

static void *find (void **place, const char *name) {
  void *found = __atomic_load_n(place, __ATOMIC_RELAXED);
  if (found == NULL) {
    found = dlsym(RTLD_NEXT, name);
    __atomic_store_n(place, found, __ATOMIC_RELAXED);
  }
  return found;
}


/* Declares `next`, the function of this name behind ours. */
#define NEXT(name) \
  static void *place; \
  __typeof__(name) *next; \
  *(void **)&next = find(&place, #name)

#define CALL(type, name, parameters, arguments, problem, wrong, moment) \
  __attribute__((visibility("default"))) type name parameters { \
    type result; \
    const int why = problem; \
    NEXT(name); \
    if (why != 0) { errno = why; return wrong; } \
    moment; \
    result = next arguments; \
    moment; \
    return result; \
  }

/* A call with instants before and after it, and one without. */
#define CHANGE(type, name, parameters, arguments, problem) \
  CALL(type, name, parameters, arguments, problem, -1, instant(#name))
#define QUIET(type, name, parameters, arguments, problem) \
  CALL(type, name, parameters, arguments, problem, -1, (void)0)

CHANGE(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), full(fd, &size))
CHANGE(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at),
       full(fd, &size))
CHANGE(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at),
       (fd, data, size, at), full(fd, &size))
CHANGE(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count),
       full(fd, NULL))
CHANGE(int, ftruncate, (int fd, off_t size), (fd, size), full_if_longer(fd, size))
CHANGE(int, ftruncate64, (int fd, off64_t size), (fd, size), full_if_longer(fd, size))

static void note_sync (int fd) {
  struct stat status;
  if (has(POWER) && file_is_below(fd) && fstat(fd, &status) == 0)
    trouble.synced = status.st_size;
}

#define SYNC(name) \
  __attribute__((visibility("default"))) int name (int fd) { \
    int result; \
    NEXT(name); \
    instant(#name); \
    result = next(fd); \
    if (result == 0) note_sync(fd); \
    instant(#name); \
    return result; \
  }

SYNC(fsync)
SYNC(fdatasync)

CHANGE(ssize_t, send, (int fd, const void *data, size_t size, int flags),
       (fd, data, size, flags), 0)
CHANGE(ssize_t, sendto, (int fd, const void *data, size_t size, int flags,
                         __CONST_SOCKADDR_ARG to, socklen_t length),
       (fd, data, size, flags, to, length), 0)
CHANGE(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags),
       (fd, message, flags), 0)

CHANGE(int, rename, (const char *from, const char *to), (from, to),
       denied(AT_FDCWD, from) | denied(AT_FDCWD, to))
CHANGE(int, renameat, (int from, const char *old, int to, const char *new),
       (from, old, to, new), denied(from, old) | denied(to, new))
CHANGE(int, renameat2, (int from, const char *old, int to, const char *new, unsigned flags),
       (from, old, to, new, flags), denied(from, old) | denied(to, new))
CHANGE(int, unlink, (const char *path), (path), denied(AT_FDCWD, path))
CHANGE(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags),
       denied(folder, path))
CHANGE(int, remove, (const char *path), (path), denied(AT_FDCWD, path))

QUIET(int, fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size),
      full(fd, NULL))
QUIET(int, fallocate64, (int fd, int mode, off64_t at, off64_t size), (fd, mode, at, size),
      full(fd, NULL))
CALL(int, posix_fallocate, (int fd, off_t at, off_t size), (fd, at, size),
     full(fd, NULL), why, (void)0)
CALL(int, posix_fallocate64, (int fd, off64_t at, off64_t size), (fd, at, size),
     full(fd, NULL), why, (void)0)

QUIET(int, creat, (const char *path, mode_t mode), (path, mode), denied(AT_FDCWD, path))
QUIET(int, creat64, (const char *path, mode_t mode), (path, mode), denied(AT_FDCWD, path))
QUIET(int, __open_2, (const char *path, int flags), (path, flags), opens(flags, AT_FDCWD, path))
QUIET(int, __open64_2, (const char *path, int flags), (path, flags), opens(flags, AT_FDCWD, path))
QUIET(int, __openat_2, (int folder, const char *path, int flags), (folder, path, flags),
      opens(flags, folder, path))
QUIET(int, __openat64_2, (int folder, const char *path, int flags), (folder, path, flags),
      opens(flags, folder, path))
CALL(FILE *, fopen, (const char *path, const char *mode), (path, mode),
     denied_if(strpbrk(mode, "wa+") != NULL, AT_FDCWD, path), NULL, (void)0)
CALL(FILE *, fopen64, (const char *path, const char *mode), (path, mode),
     denied_if(strpbrk(mode, "wa+") != NULL, AT_FDCWD, path), NULL, (void)0)
QUIET(int, access, (const char *path, int mode), (path, mode),
      denied_if((mode & W_OK) != 0, AT_FDCWD, path))
QUIET(int, faccessat, (int folder, const char *path, int mode, int flags),
      (folder, path, mode, flags), denied_if((mode & W_OK) != 0, folder, path))
QUIET(int, truncate, (const char *path, off_t size), (path, size), denied(AT_FDCWD, path))
QUIET(int, truncate64, (const char *path, off64_t size), (path, size), denied(AT_FDCWD, path))
QUIET(int, mkdir, (const char *path, mode_t mode), (path, mode), denied(AT_FDCWD, path))
QUIET(int, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode),
      denied(folder, path))
QUIET(int, rmdir, (const char *path), (path), denied(AT_FDCWD, path))
QUIET(int, link, (const char *from, const char *to), (from, to), denied(AT_FDCWD, to))
QUIET(int, linkat, (int from, const char *old, int to, const char *new, int flags),
      (from, old, to, new, flags), denied(to, new))
QUIET(int, symlink, (const char *text, const char *path), (text, path), denied(AT_FDCWD, path))
QUIET(int, symlinkat, (const char *text, int folder, const char *path), (text, folder, path),
      denied(folder, path))

/* Those of open that may have a mode behind their flags. */
#define OPEN(name, parameters, folder, arguments) \
  __attribute__((visibility("default"))) int name parameters { \
    const int why = opens(flags, folder, path); \
    mode_t mode = 0; \
    NEXT(name); \
    if (why != 0) { errno = why; return -1; } \
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) { \
      va_list rest; \
      va_start(rest, flags); \
      mode = va_arg(rest, mode_t); \
      va_end(rest); \
    } \
    return next arguments; \
  }

OPEN(open, (const char *path, int flags, ...), AT_FDCWD, (path, flags, mode))
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD, (path, flags, mode))
OPEN(openat, (int folder, const char *path, int flags, ...), folder, (folder, path, flags, mode))
OPEN(openat64, (int folder, const char *path, int flags, ...), folder, (folder, path, flags, mode))
