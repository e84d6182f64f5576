/* The module mde.process: this process and its user, and programs that it runs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
extern char **environ;
#endif

#include "child.h"
#include "program.h"


void mde_host_push_path (lua_State *L) {
  char path[PATH_MAX];
#ifdef __APPLE__
  char raw[PATH_MAX];
  uint32_t size = sizeof raw;
  if (_NSGetExecutablePath(raw, &size) != 0 || realpath(raw, path) == NULL)
    luaL_error(L, "cannot find the path of this program");
  lua_pushstring(L, path);
#else
  ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0 || (size_t)length == sizeof path)
    luaL_error(L, "cannot find the path of this program: is /proc mounted?");
  lua_pushlstring(L, path, (size_t)length);
#endif
}


/* process.path() -> absolute path of this program */
static int get_path (lua_State *L) {
  mde_host_push_path(L);
  return 1;
}


/* process.pid() -> id of this process */
static int get_pid (lua_State *L) {
  lua_pushinteger(L, getpid());
  return 1;
}


/* process.who() -> name of the user (or the number, if it has no name), name of the machine. Does
** not depend on the environment. */
static int who (lua_State *L) {
  const struct passwd *user = getpwuid(getuid());
  char host[256] = "";
  if (user != NULL) lua_pushstring(L, user->pw_name);
  else lua_pushfstring(L, "%I", (LUAI_UACINT)getuid());
  (void)gethostname(host, sizeof host - 1);  /* a long name is cut without a NUL */
  lua_pushstring(L, host);
  return 2;
}


/* process.setenv(name, value): sets a variable for this program and those that it runs. Without a
** value, removes it. */
static int set_variable (lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  const char *value = luaL_optstring(L, 2, NULL);
  if ((value == NULL ? unsetenv(name) : setenv(name, value, 1)) != 0)
    return luaL_error(L, "cannot set %s: %s", name, strerror(errno));
  return 0;
}


/* Pushes the strings of the array at `index`, and a final NULL, as a userdata. The array keeps the
** strings alive; a number is refused, because its string would be kept by nothing. [-0, +1, e] */
static char **push_arguments (lua_State *L, int index) {
  const lua_Unsigned count = lua_rawlen(L, index);
  char **arguments = (char **)lua_newuserdatauv(L, ((size_t)count + 1) * sizeof(char *), 0);
  lua_Unsigned i;
  for (i = 0; i < count; i++) {
    if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TSTRING ||
        strlen(lua_tostring(L, -1)) != lua_rawlen(L, -1))
      luaL_error(L, "argument %d of the program must be a string without NUL, not a %s",
                 (int)i + 1, luaL_typename(L, -1));
    arguments[i] = (char *)lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  arguments[count] = NULL;
  return arguments;
}


/* Restores default handling, in the child, of signals that this program handles. */
static int set_attributes (posix_spawnattr_t *attributes, int flags) {
  sigset_t usual, blocked;
  sigemptyset(&blocked);
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  sigaddset(&usual, SIGXFSZ);
  sigaddset(&usual, SIGINT);
  sigaddset(&usual, SIGTERM);
  sigaddset(&usual, SIGHUP);
  posix_spawnattr_setsigdefault(attributes, &usual);
  posix_spawnattr_setsigmask(attributes, &blocked);
  flags |= POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  return posix_spawnattr_setflags(attributes, (short)flags);
}


/* Starts a program. With `actions`, it leads a process group of its own. */
static int start (pid_t *pid, char **arguments, const posix_spawn_file_actions_t *actions) {
  posix_spawnattr_t attributes;
  int problem = arguments[0] != NULL ? posix_spawnattr_init(&attributes) : EINVAL;
  if (problem != 0) return problem;
  problem = set_attributes(&attributes, actions != NULL ? POSIX_SPAWN_SETPGROUP : 0);
  if (problem == 0)
    problem = posix_spawnp(pid, arguments[0], actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  return problem;
}


static void on_child (int number) {
  (void)number;
}


/* The program named by the array at 1. From now on the end of a child ends process.pause.
** [-0, +1, v] */
static char **prepare (lua_State *L) {
  struct sigaction action = { .sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP };
  char **arguments;
  luaL_checktype(L, 1, LUA_TTABLE);
  arguments = push_arguments(L, 1);
  luaL_argcheck(L, arguments[0] != NULL, 1, "no program to run");
  sigemptyset(&action.sa_mask);
  sigaction(SIGCHLD, &action, NULL);
  return arguments;
}


/* -> pid | nil, message. [-0, +1 or +3, e] */
static int started (lua_State *L, int problem, pid_t pid) {
  if (problem == 0) {
    lua_pushinteger(L, pid);
    return 1;
  }
  errno = problem;
  return luaL_fileresult(L, 0, NULL);
}


/* process.spawn(arguments) -> pid | nil, message. Runs the program named by the first argument,
** found in PATH. */
static int spawn (lua_State *L) {
  char **arguments = prepare(L);
  pid_t pid = 0;
  const int problem = start(&pid, arguments, NULL);
  return started(L, problem, pid);
}


/* Fills a pipe with the text, which its buffer must hold. Returns 0 or an error number. */
static int fill_pipe (int ends[2], const char *text, size_t size) {
  ssize_t written;
  if (!mde_child_pipe(ends) || fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) return errno;
  written = write(ends[1], text, size);
  if (written < 0) return errno;
  return (size_t)written == size ? 0 : EMSGSIZE;
}


/* Starts a program that reads `input`, and writes to /dev/null or standard error. */
static int start_with (pid_t *pid, char **arguments, int input, int is_quiet) {
  posix_spawn_file_actions_t actions;
  int problem = posix_spawn_file_actions_init(&actions);
  if (problem != 0) return problem;
  problem = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (problem == 0 && is_quiet)
    problem = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  if (problem == 0)
    problem = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  if (problem == 0) problem = start(pid, arguments, &actions);
  posix_spawn_file_actions_destroy(&actions);
  return problem;
}


/* process.feed(arguments, text, is_quiet) -> pid | nil, message. Runs a program, in a process group
** of its own, whose standard input is `text` (at most 4096 bytes). What it writes goes to standard
** error, or nowhere. */
static int feed (lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 2, &size);
  char **arguments = prepare(L);
  int ends[2] = { -1, -1 }, problem = fill_pipe(ends, text, size);
  pid_t pid = 0;
  if (problem == 0) problem = start_with(&pid, arguments, ends[0], lua_toboolean(L, 3));
  mde_child_close(&ends[0]);
  mde_child_close(&ends[1]);
  return started(L, problem, pid);
}


/* The process id at 1. Zero and negative numbers, which mean several processes, are refused.
** [-0, +0, v] */
static pid_t check_pid (lua_State *L) {
  const lua_Integer pid = luaL_checkinteger(L, 1);
  luaL_argcheck(L, pid > 0 && pid <= INT_MAX, 1, "a process id expected");
  return (pid_t)pid;
}


/* process.wait(pid) -> nil while it runs, then its exit status; as in shells 128 + signal if a
** signal ended it. Never blocks. */
static int wait_for (lua_State *L) {
  const pid_t pid = check_pid(L);
  int status;
  pid_t ended = waitpid(pid, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return 0;
  if (ended < 0) return luaL_error(L, "no such child: %d", (int)pid);
  lua_pushinteger(L, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  return 1;
}


/* process.terminate(pid): sends SIGTERM. */
static int terminate (lua_State *L) {
  kill(check_pid(L), SIGTERM);
  return 0;
}


/* process.kill_group(pid): sends SIGKILL to a process and its children: see process.feed. */
static int kill_group (lua_State *L) {
  kill(-check_pid(L), SIGKILL);
  return 0;
}


/* process.pause(seconds): waits; a signal or the end of a child ends the wait. */
static int pause_for (lua_State *L) {
  lua_Number seconds = luaL_checknumber(L, 1);
  struct timespec time;
  luaL_argcheck(L, seconds >= 0 && seconds <= 60, 1, "from 0 to 60 seconds");
  time.tv_sec = (time_t)seconds;
  time.tv_nsec = (long)((seconds - (lua_Number)time.tv_sec) * 1e9);
  nanosleep(&time, NULL);
  return 0;
}


/* process.variables(prefix) -> array of the names of environment variables that begin so. */
static int get_variables (lua_State *L) {
  size_t length;
  const char *prefix = luaL_checklstring(L, 1, &length);
  lua_Integer count = 0;
  lua_newtable(L);
  for (char **each = environ; each && *each; each++) {
    const char *end = strchr(*each, '=');
    if (!end || strncmp(*each, prefix, length) != 0) continue;
    lua_pushlstring(L, *each, (size_t)(end - *each));
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}


int mde_host_open_process (lua_State *L) {
  static const luaL_Reg functions[] = {
    { "path", get_path },
    { "pid", get_pid },
    { "who", who },
    { "setenv", set_variable },
    { "variables", get_variables },
    { "spawn", spawn },
    { "feed", feed },
    { "wait", wait_for },
    { "terminate", terminate },
    { "kill_group", kill_group },
    { "pause", pause_for },
    { NULL, NULL }
  };
  luaL_newlib(L, functions);
  return 1;
}
