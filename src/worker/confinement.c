/* Confines the worker: closes descriptors, lowers limits, forbids system calls. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "worker.h"

#if defined __SANITIZE_ADDRESS__  /* of gcc */
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)  /* of clang */
#define SANITIZED 1
#endif
#endif

#define ITS_OWN ((rlim_t)64 << 20)  /* bytes of the program itself */
#define AN_HOUR 3600  /* seconds of computing: the last resort if the program has ended */


/* Closes all descriptors except the two pipes. */
static void close_descriptors (void) {
  int fd, last = (int)sysconf(_SC_OPEN_MAX);
#ifdef SYS_close_range
  if (syscall(SYS_close_range, (unsigned)STDERR_FILENO, ~0U, 0U) == 0) return;
#endif
  for (fd = STDERR_FILENO; fd < last; fd++) close(fd);
}


static bool lower (int resource, rlim_t value) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return false;
  if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > value) limit.rlim_max = value;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(resource, &limit) == 0;
}


static bool lower_all (const mde_limits *limits) {
#ifndef SANITIZED  /* a sanitizer reserves terabytes */
  if (!lower(RLIMIT_AS, ITS_OWN + 2 * (rlim_t)limits->memory)) return false;
#endif
  (void)limits;
  return lower(RLIMIT_CPU, AN_HOUR) && lower(RLIMIT_CORE, 0) && lower(RLIMIT_FSIZE, 0) &&
         lower(RLIMIT_NPROC, 0) && lower(RLIMIT_NOFILE, 2);
}


/* Ignores the signals that a terminal or an init system sends to all processes: the program ends
** its worker. */
static void ignore_requests (void) {
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
}


#ifdef __linux__
/* Allows memory without code, clocks, the two pipes, and exit. */
static bool allow (scmp_filter_ctx filter) {
  static const int free_calls[] = {
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(rt_sigreturn),
#ifdef SANITIZED  /* the sanitizer's own calls */
    SCMP_SYS(sigaltstack), SCMP_SYS(madvise),
#endif
    SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group)
  };
  const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  const struct scmp_arg_cmp no_file = SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS);
  size_t i;
  for (i = 0; i < sizeof free_calls / sizeof free_calls[0]; i++)
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, free_calls[i], 0) != 0) return false;
  return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1,
                          SCMP_A0(SCMP_CMP_EQ, STDIN_FILENO)) == 0 &&
         seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                          SCMP_A0(SCMP_CMP_EQ, STDOUT_FILENO)) == 0 &&
         seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, no_code, no_file) == 0 &&
         seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_code) == 0;
}


static bool forbid (void) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  bool loaded;
  if (filter == NULL) return false;
  loaded = allow(filter) && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return loaded;
}
#endif


#ifdef __linux__
/* Makes the end of the program kill the worker. Returns false if that fails, or if the program has
** ended already. */
static bool end_with (uint64_t parent) {
  return prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0L, 0L, 0L) == 0 &&
         (uint64_t)getppid() == parent;
}
#endif


/* The time zone is read here, because no file can be opened later. */
bool mde_confine (const mde_limits *limits) {
  close_descriptors();
  ignore_requests();
  if (setenv("TZ", "UTC0", 1) != 0) return false;
  tzset();
  if (!lower_all(limits)) return false;
#ifdef __linux__
  return end_with(limits->parent) && prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0 &&
         prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0 && forbid();
#else
  return true;
#endif
}
