/* Starts the program as a worker process, with two pipes and no environment. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <unistd.h>

#include "worker/worker.h"

#define FIRST 3  /* the first descriptor after the standard ones */


void mde_child_close (int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}


/* Moves a descriptor above the standard ones, as the child replaces these. */
static bool lift (int *fd) {
  int lifted = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST);
  if (lifted < 0) return false;
  close(*fd);
  *fd = lifted;
  return true;
}


bool mde_child_pipe (int ends[2]) {
  if (pipe(ends) != 0) {
    ends[0] = ends[1] = -1;
    return false;
  }
  return lift(&ends[0]) && lift(&ends[1]);
}


/* Gives the child default signal handling, as a new program has. */
static int set_attributes (posix_spawnattr_t *attributes) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(attributes, &all);
  posix_spawnattr_setsigmask(attributes, &none);
  return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}


static int spawn_with (pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions) {
  char *arguments[] = { (char *)"mde", (char *)MDE_WORKER_OPTION, NULL };
  char *environment[] = { NULL };
  posix_spawnattr_t attributes;
  int problem = posix_spawnattr_init(&attributes);
  if (problem != 0) return problem;
  problem = set_attributes(&attributes);
  if (problem == 0)
    problem = posix_spawn(pid, path, actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  return problem;
}


static int spawn (pid_t *pid, const char *path, int input, int output) {
  posix_spawn_file_actions_t actions;
  int problem = posix_spawn_file_actions_init(&actions);
  if (problem != 0) return problem;
  problem = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (problem == 0) problem = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (problem == 0) problem = spawn_with(pid, path, &actions);
  posix_spawn_file_actions_destroy(&actions);
  return problem;
}


static bool set_nonblocking (int fd) {
  return fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}


int mde_child_start (pid_t *pid, const char *path, int *to, int *from) {
  int down[2] = { -1, -1 }, up[2] = { -1, -1 }, problem = 0;
  struct sigaction children;
  if (!mde_child_pipe(down) || !mde_child_pipe(up) || !set_nonblocking(down[1]) || !set_nonblocking(up[0]))
    problem = errno;
  sigaction(SIGCHLD, NULL, &children);
  if (children.sa_handler == SIG_IGN) signal(SIGCHLD, SIG_DFL);  /* to be able to reap it */
  if (problem == 0) problem = spawn(pid, path, down[0], up[1]);
  if (problem == 0) {
    *to = down[1];
    *from = up[0];
    down[1] = up[0] = -1;
  }
  mde_child_close(&down[0]);
  mde_child_close(&down[1]);
  mde_child_close(&up[0]);
  mde_child_close(&up[1]);
  return problem;
}
