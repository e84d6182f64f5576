/* The module mde.supervisor: starts a worker, and exchanges frames with it.
**
** lua/mde/program/policy/worker.lua interprets the frames. The pipes never block. In every case
** the process is killed and reaped and the pipes are closed, by `finish` or by the collector.
*/
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "program.h"
#include "worker/worker.h"

#define SUPERVISED "mde.supervised"
#define PIECE ((size_t)64 * 1024)  /* bytes read at once */
#define EAGER ((size_t)16 * 1024)  /* bytes that are sent without waiting for more */
#define PILE ((size_t)16 << 20)    /* most bytes that wait, in each direction */

typedef struct supervised {
  pid_t pid;    /* 0: reaped */
  int to, from;  /* -1: closed */
  int status;   /* from waitpid */
  bool ended;   /* its pipe has ended */
  bool late;    /* it had to be killed */
  double left;  /* seconds left to wait for an answer */
  double used;  /* seconds of computing when last asked */
  mde_frames output, input;
  size_t taken;  /* bytes of the input already read */
} supervised;


static double get_time (void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}


/* Start */

static double get_number (lua_State *L, const char *name) {
  double number;
  lua_getfield(L, 1, name);
  number = luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return number;
}


static lua_Integer get_integer (lua_State *L, const char *name) {
  lua_Integer number;
  lua_getfield(L, 1, name);
  number = luaL_checkinteger(L, -1);
  lua_pop(L, 1);
  return number;
}


static mde_limits get_limits (lua_State *L) {
  mde_limits limits = { .load = get_number(L, "load"), .average = get_number(L, "average"),
                        .longest = get_number(L, "longest"),
                        .memory = (uint64_t)get_number(L, "memory"),
                        .output = (uint64_t)get_number(L, "output"),
                        .time = (int64_t)get_integer(L, "time"),
                        .seed = (uint64_t)get_integer(L, "seed"), .parent = (uint64_t)getpid() };
  lua_getfield(L, 1, "coverage");
  limits.coverage = (uint64_t)lua_toboolean(L, -1);
  lua_pop(L, 1);
  return limits;
}


/* Pushes a path of the running program, valid even if its file was replaced. */
static void push_program (lua_State *L) {
#ifdef __linux__
  lua_pushliteral(L, "/proc/self/exe");
#else
  mde_host_push_path(L);
#endif
}


/* supervisor.start(limits) -> worker | nil, message, errno */
static int start (lua_State *L) {
  mde_limits limits;
  supervised *worker;
  int problem;
  luaL_checktype(L, 1, LUA_TTABLE);
  limits = get_limits(L);
  push_program(L);
  worker = (supervised *)lua_newuserdatauv(L, sizeof *worker, 0);
  *worker = (supervised){ .to = -1, .from = -1, .output.most = PILE, .input.most = PILE };
  luaL_setmetatable(L, SUPERVISED);
  if (!mde_frames_add(&worker->output, &limits, sizeof limits)) problem = ENOMEM;
  else problem = mde_child_start(&worker->pid, lua_tostring(L, -2), &worker->to, &worker->from);
  if (problem == 0) return 1;
  errno = problem;
  return luaL_fileresult(L, 0, NULL);
}


static supervised *check (lua_State *L) {
  return (supervised *)luaL_checkudata(L, 1, SUPERVISED);
}


/* Exchange */

/* Writes as much as the pipe takes. If the worker has closed it, its other pipe shows that. */
static void write_some (supervised *worker) {
  size_t sent = 0;
  while (worker->to >= 0 && sent < worker->output.size) {
    ssize_t count = write(worker->to, worker->output.data + sent, worker->output.size - sent);
    if (count > 0) sent += (size_t)count;
    else if (count < 0 && errno == EINTR) continue;
    else if (count < 0 && errno == EAGAIN) break;
    else mde_child_close(&worker->to);
  }
  if (worker->to < 0) sent = worker->output.size;
  mde_frames_drop(&worker->output, sent);
}


/* Reads as much as is available and fits. */
static void read_some (supervised *worker) {
  mde_frames_drop(&worker->input, worker->taken);
  worker->taken = 0;
  while (!worker->ended && mde_frames_reserve(&worker->input, PIECE)) {
    ssize_t count = read(worker->from, worker->input.data + worker->input.size, PIECE);
    if (count > 0) worker->input.size += (size_t)count;
    if (count > 0 && (size_t)count < PIECE) break;
    if (count == 0) worker->ended = true;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) worker->ended = true;
  }
}


/* Waits until a pipe is ready. Returns false if no time is left. A wait counts at most its planned
** length, so that time during which both processes were stopped does not count. */
static bool wait_some (supervised *worker) {
  struct pollfd fds[2] = {
    { .fd = worker->from, .events = POLLIN },
    { .fd = worker->output.size > 0 ? worker->to : -1, .events = POLLOUT }
  };
  double slice = worker->left < 1 ? worker->left : 1, began = get_time(), passed;
  if (slice <= 0) return false;
  poll(fds, 2, (int)(slice * 1000) + 1);
  passed = get_time() - began;
  worker->left -= passed < slice ? passed : slice;
  return true;
}


/* worker:send(kind, value, ...): queues a frame, which is sent by the next receive at the latest.
** Raises on a value that cannot be sent, and if too many bytes wait. */
static int send_frame (lua_State *L) {
  supervised *worker = check(L);
  const char *kind = luaL_checkstring(L, 2);
  size_t begun = worker->output.size;
  mde_writer writer = { .buffer = &worker->output };
  int last = lua_gettop(L), i;
  bool whole = mde_frame_begin(writer.buffer, kind[0]);
  for (i = 3; whole && i <= last; i++) whole = mde_codec_write(L, i, &writer);
  if (!whole || !mde_frame_end(writer.buffer, begun)) {
    worker->output.size = begun;
    return luaL_error(L, "%s%s%s", writer.path, writer.path[0] == '\0' ? "" : " ",
                      writer.problem == NULL ? "is too large" : writer.problem);
  }
  if (worker->output.size >= EAGER) write_some(worker);
  return 0;
}


/* Pushes kind and values of a frame, which must not be in the input: pushing allocates memory, so
** that finalizers may run, which may call receive or finish. */
static bool push_frame (lua_State *L, const mde_frame *frame) {
  mde_reader reader = { frame->data, frame->data + frame->size, 0 };
  int count = 0;
  lua_pushlstring(L, &frame->kind, 1);
  while (reader.at < reader.end && count++ < 4)
    if (!mde_codec_read(L, &reader)) return false;
  return reader.at == reader.end;
}


/* Finds the next frame of the input. */
static mde_frame_state find_frame (const supervised *worker, mde_frame *frame) {
  const size_t left = worker->input.size - worker->taken;
  return left == 0 ? MDE_FRAME_PART
                   : mde_frame_find(worker->input.data + worker->taken, left, frame);
}


/* Takes the frame at the input's start, whose bytes are replaced by a pushed copy. Returns false
** if a finalizer has taken it, or has finished the worker. [-0, +1, m] */
static bool take_frame (lua_State *L, supervised *worker, mde_frame *frame) {
  const size_t size = frame->size;
  char *copy = (char *)lua_newuserdatauv(L, size, 0);
  if (find_frame(worker, frame) != MDE_FRAME_WHOLE || frame->size != size) return false;
  if (size > 0) memcpy(copy, frame->data, size);
  frame->data = copy;
  worker->taken += MDE_FRAME_HEAD + size;
  return true;
}


static int say (lua_State *L, const char *why) {
  lua_pushnil(L);
  lua_pushstring(L, why);
  return 2;
}


/* worker:receive(seconds) -> kind, value, ... | nil, "late" | nil, "ended" | nil, "garbled".
** Without seconds, waits for the rest of the last time given. */
static int receive (lua_State *L) {
  supervised *worker = check(L);
  mde_frame frame;
  worker->left = luaL_optnumber(L, 2, worker->left);
  lua_settop(L, 1);
  for (;;) {
    switch (find_frame(worker, &frame)) {
      case MDE_FRAME_GARBLED: return say(L, "garbled");
      case MDE_FRAME_PART: break;
      case MDE_FRAME_WHOLE:
        if (take_frame(L, worker, &frame))
          return push_frame(L, &frame) ? lua_gettop(L) - 2 : say(L, "garbled");
        lua_settop(L, 1);
        continue;
    }
    if (worker->ended) return say(L, "ended");
    write_some(worker);
    if (!wait_some(worker)) return say(L, "late");
    read_some(worker);
  }
}


/* End */

/* Reaps the worker; kills it after `seconds`. */
static void reap (supervised *worker, double seconds) {
  const struct timespec moment = { .tv_nsec = 500000 };
  double deadline = get_time() + seconds;
  pid_t reaped = 0;
  if (worker->pid == 0) return;
  while ((reaped = waitpid(worker->pid, &worker->status, WNOHANG)) == 0 && get_time() < deadline)
    nanosleep(&moment, NULL);
  worker->late = reaped <= 0;  /* or other code has reaped it */
  if (reaped == 0) {
    kill(worker->pid, SIGKILL);
    while (waitpid(worker->pid, &worker->status, 0) < 0 && errno == EINTR) continue;
  }
  worker->pid = 0;
}


/* Closes the pipes last, because closing them would end the worker. */
static void release (supervised *worker, double seconds) {
  reap(worker, seconds);
  mde_child_close(&worker->to);
  mde_child_close(&worker->from);
  free(worker->output.data);
  free(worker->input.data);
  worker->output = worker->input = (mde_frames){ .most = 0 };
  worker->taken = 0;
  worker->ended = true;
}


/* worker:finish(seconds) -> "exit", status | "signal", number, name | "killed" if it did not end
** in time. A second call returns the same. */
static int finish (lua_State *L) {
  supervised *worker = check(L);
  release(worker, luaL_checknumber(L, 2));
  if (worker->late) {
    lua_pushliteral(L, "killed");
    return 1;
  }
  if (WIFSIGNALED(worker->status)) {
    lua_pushliteral(L, "signal");
    lua_pushinteger(L, WTERMSIG(worker->status));
    lua_pushstring(L, strsignal(WTERMSIG(worker->status)));
    return 3;
  }
  lua_pushliteral(L, "exit");
  lua_pushinteger(L, WEXITSTATUS(worker->status));
  return 2;
}


static int collect (lua_State *L) {
  release(check(L), 0);
  return 0;
}


/* worker:pid() -> id of the process, 0 once it has ended */
static int get_pid (lua_State *L) {
  lua_pushinteger(L, check(L)->pid);
  return 1;
}


/* worker:seconds() -> seconds of computing so far; once it has ended, when last asked */
static int get_seconds (lua_State *L) {
  supervised *worker = check(L);
  clockid_t clock;
  struct timespec time;
  if (worker->pid != 0 && clock_getcpuclockid(worker->pid, &clock) == 0
      && clock_gettime(clock, &time) == 0)
    worker->used = (double)time.tv_sec + (double)time.tv_nsec / 1e9;
  lua_pushnumber(L, worker->used);
  return 1;
}


/* supervisor.ends: exit status -> the limit or failure for which a worker ended itself. */
static void add_ends (lua_State *L) {
  static const struct { int status; const char *name; } ends[] = {
    { MDE_END_LOAD, "load" }, { MDE_END_AVERAGE, "average" }, { MDE_END_LONGEST, "longest" },
    { MDE_END_MEMORY, "memory" }, { MDE_END_OUTPUT, "output" },
    { MDE_END_UNCONFINED, "unconfined" }
  };
  size_t i;
  lua_newtable(L);
  for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    lua_pushstring(L, ends[i].name);
    lua_rawseti(L, -2, ends[i].status);
  }
  lua_setfield(L, -2, "ends");
}


int mde_host_open_supervisor (lua_State *L) {
  static const luaL_Reg functions[] = { { "start", start }, { NULL, NULL } };
  static const luaL_Reg methods[] = {
    { "send", send_frame }, { "receive", receive }, { "finish", finish }, { "pid", get_pid },
    { "seconds", get_seconds }, { "__gc", collect }, { "__close", collect }, { NULL, NULL }
  };
  luaL_newmetatable(L, SUPERVISED);
  luaL_setfuncs(L, methods, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  luaL_newlib(L, functions);
  add_ends(L);
#ifdef __linux__
  lua_pushboolean(L, 1);
#else
  lua_pushboolean(L, 0);
#endif
  lua_setfield(L, -2, "confines");  /* true if the system confines a worker to its pipes */
  return 1;
}
