/* The protocol between program and worker, fuzzed from both sides.
**
** A worker that is sent noise ends by itself. A supervisor whose worker is this very
** program, run as one, says "garbled", "late" or "ended", whatever comes.
*/
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "program/program.h"
#include "worker/worker.h"
#include "random.h"
#include "tap.h"

#define ROUNDS 400
#define POLICY "return { decide = function(a, m) print(a.id) return keep(a.type) end }"


/* An evil worker */

static void put_noise (uint32_t size) {
  char bytes[256];
  uint32_t i;
  while (size > 0) {
    uint32_t piece = size < sizeof bytes ? size : sizeof bytes;
    for (i = 0; i < piece; i++) bytes[i] = (char)random_below(256);
    if (write(STDOUT_FILENO, bytes, piece) < 0) _exit(0);
    size -= piece;
  }
}


static void put_frame (bool sane) {
  static const char kinds[] = "FRDEPCBx", types[] = "nftidsSTF";
  char bytes[200];
  uint32_t size = 1 + random_below(sane ? 4 : sizeof bytes - 4), i;
  memcpy(bytes, &size, sizeof size);
  bytes[4] = kinds[random_below(sizeof kinds - 1)];
  for (i = 1; i < size; i++)
    bytes[4 + i] = sane ? types[random_below(3)] : random_below(2) ? types[random_below(9)]
                                                                   : (char)random_below(4);
  if (!sane && random_below(20) == 0) random_damage(bytes, 4);
  if (write(STDOUT_FILENO, bytes, size + 4) < 0) _exit(0);
}


/* The limits that it receives choose its behaviour. */
static void be_evil (void) {
  mde_limits limits;
  uint32_t i, count;
  signal(SIGPIPE, SIG_IGN);
  if (read(STDIN_FILENO, &limits, sizeof limits) != sizeof limits) _exit(1);
  random_seed(limits.memory);
  count = random_below(50);
  if (limits.memory % 3 == 0) put_noise(random_below(200000));
  else
    for (i = 0; i < count; i++) put_frame(limits.memory % 3 == 1);
  if (limits.memory % 5 == 0) abort();
  _exit((int)random_below(256));
}


/* supervisor, seed -> how it was told */
static const char *const supervise =
  "local supervisor, seed = ...\n"
  "local worker = assert(supervisor.start { load = 1, average = 1, longest = 1, memory = seed,"
  "  output = 1, time = 0, seed = 0 })\n"
  "local frames, kind, why = 0\n"
  "for i = 1, 20 do pcall(worker.send, worker, 'A', { id = ('x'):rep(i * 100) }) end\n"
  "repeat\n"
  "  kind, why = worker:receive(10)\n"
  "  frames = frames + 1\n"
  "until not kind\n"
  "local how, number = worker:finish(why == 'ended' and 1 or 0)\n"
  "assert(worker:pid() == 0 and worker:receive(0) == nil)\n"
  "assert(how == 'exit' or how == 'signal' or how == 'killed')\n"
  "assert(why ~= 'ended' or seed % 5 ~= 0 or how == 'signal' and number == 6)\n"
  "return why";


static void test_supervisor (void) {
  lua_State *L = luaL_newstate();
  int seed, wrong = 0, garbled = 0, ended = 0;
  luaL_openlibs(L);
  luaL_requiref(L, "mde.supervisor", mde_host_open_supervisor, 0);
  for (seed = 1; seed <= ROUNDS && wrong == 0; seed++) {
    lua_settop(L, 1);
    if (luaL_loadstring(L, supervise) == LUA_OK) {
      lua_pushvalue(L, 1);
      lua_pushinteger(L, seed);
      wrong = lua_pcall(L, 2, 1, 0);
    }
    if (strcmp(luaL_tolstring(L, -1, NULL), "garbled") == 0) garbled++;
    if (strcmp(lua_tostring(L, -1), "ended") == 0) ended++;
    if (wrong) printf("# seed %d: %s\n", seed, lua_tostring(L, -1));
  }
  check(wrong == 0, "a supervisor survives what a worker may send");
  check(garbled > 10 && ended > 10 && garbled + ended == ROUNDS,
        "and tells noise from what merely ends");
  lua_close(L);
  check(waitpid(-1, NULL, WNOHANG) < 0, "no child is left");
}

/* supervisor, seed -> "whole": finalizers that finish, receive or send while a frame is
** taken do no harm */
static const char *const interfere =
  "local supervisor, seed = ...\n"
  "local finalizers = dofile 'spec/support/finalizers.lua'\n"
  "local worker = assert(supervisor.start { load = 1, average = 1, longest = 1,"
  "  memory = seed * 3 + 1, output = 1, time = 0, seed = 0 })\n"
  "local calls = 0\n"
  "local function act()\n"
  "  calls = calls + 1\n"
  "  if seed % 2 == 0 then worker:receive(0)\n"
  "  elseif calls == seed then worker:finish(0)\n"
  "  else worker:send('A', ('x'):rep(1000)) end\n"
  "end\n"
  "local whole, kind\n"
  "repeat whole, kind = finalizers(act, worker.receive, worker, 10) until not whole or not kind\n"
  "worker:finish(0)\n"
  "return whole and 'whole' or kind";


static void test_interference (void) {
  lua_State *L = luaL_newstate();
  int seed, wrong = 0;
  luaL_openlibs(L);
  luaL_requiref(L, "mde.supervisor", mde_host_open_supervisor, 0);
  for (seed = 1; seed <= 40 && wrong == 0; seed++) {
    lua_settop(L, 1);
    if (luaL_loadstring(L, interfere) == LUA_OK) {
      lua_pushvalue(L, 1);
      lua_pushinteger(L, seed);
      wrong = lua_pcall(L, 2, 1, 0) != LUA_OK ||
              strcmp(luaL_tolstring(L, -1, NULL), "whole") != 0;
    }
    if (wrong) printf("# seed %d: %s\n", seed, luaL_tolstring(L, -1, NULL));
  }
  check(wrong == 0, "finalizers may finish, receive and send while a frame is taken");
  lua_close(L);
}


/* Evil to a worker */

static void add_frame (lua_State *L, mde_frames *buffer, char kind, const char *values) {
  size_t start = buffer->size;
  mde_writer writer = { .buffer = buffer };
  int top = lua_gettop(L), i;
  mde_frame_begin(buffer, kind);
  if (luaL_dostring(L, values) != LUA_OK) abort();
  for (i = top + 1; i <= lua_gettop(L); i++) mde_codec_write(L, i, &writer);
  mde_frame_end(buffer, start);
  lua_settop(L, top);
}


/* The bytes that a program sends, from its limits to the end, sometimes damaged. */
static void make_session (lua_State *L, mde_frames *buffer) {
  mde_limits limits = { 0.3, 0.3, 0.3, 4 << 20, 4096, random_below(2), 0, 0,
                        (uint64_t)getpid() };
  uint32_t actions = random_below(10), i, before;
  buffer->size = 0;
  mde_frames_add(buffer, &limits, sizeof limits);
  if (random_below(10) == 0) random_damage(buffer->data, (uint32_t)buffer->size);
  before = (uint32_t)buffer->size;
  add_frame(L, buffer, 'L', "return 'p.lua', '" POLICY "'");
  if (random_below(2)) before = (uint32_t)buffer->size;
  for (i = 0; i < actions; i++)
    add_frame(L, buffer, 'A', "return { id = 'x', type = 'y', list = { 1, 2.5, {} } }, { a = 1 }");
  add_frame(L, buffer, "CQLAx"[random_below(5)], "return 'x'");
  add_frame(L, buffer, 'Q', "");
  random_damage(buffer->data + before, (uint32_t)buffer->size - before);
  if (random_below(4) == 0) buffer->size = random_below((uint32_t)buffer->size);
}


static pid_t start_worker (const char *program, int *to, int *from) {
  int down[2], up[2];
  char *arguments[] = { (char *)"mde", (char *)MDE_WORKER_OPTION, NULL }, *environment[] = { NULL };
  posix_spawn_file_actions_t actions;
  pid_t pid = 0;
  if (pipe2(down, O_CLOEXEC) != 0 || pipe2(up, O_CLOEXEC) != 0) abort();
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, down[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, up[1], STDOUT_FILENO);
  if (posix_spawn(&pid, program, &actions, NULL, arguments, environment) != 0) abort();
  posix_spawn_file_actions_destroy(&actions);
  close(down[0]);
  close(up[1]);
  *to = down[1];
  *from = up[0];
  return pid;
}


/* Returns its exit status, or -1 for a signal. */
static int run_session (const char *program, const mde_frames *session) {
  char bytes[4096];
  int to, from, status;
  pid_t pid = start_worker(program, &to, &from);
  if (write(to, session->data, session->size) < 0) printf("# it read nothing\n");
  close(to);
  while (read(from, bytes, sizeof bytes) > 0) continue;
  close(from);
  if (waitpid(pid, &status, 0) != pid) abort();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}


static void test_worker (const char *program) {
  lua_State *L = luaL_newstate();
  mde_frames session = { .most = MDE_FRAME_MOST };
  int seed, well = 0, otherwise = 0, wrong = 0;
  for (seed = 1; seed <= ROUNDS; seed++) {
    int status;
    random_seed((uint64_t)seed);
    make_session(L, &session);
    status = run_session(program, &session);
    if (status == MDE_END_WELL) well++;
    else if (status >= MDE_END_LOAD && status <= MDE_END_ALONE) otherwise++;
    else {
      wrong++;
      printf("# seed %d: status %d\n", seed, status);
    }
  }
  check(wrong == 0, "a worker ends by itself, whatever it is sent");
  check(well > 10 && otherwise > 10, "well only if that made sense");
  free(session.data);
  lua_close(L);
}


int main (int count, char **arguments) {
  const char *build = getenv("BUILD");
  char program[4096];
  if (count > 1 && strcmp(arguments[1], MDE_WORKER_OPTION) == 0) be_evil();
  tap_begin();
  signal(SIGPIPE, SIG_IGN);
  snprintf(program, sizeof program, "%s/bin/mde", build == NULL ? "build" : build);
  test_supervisor();
  test_interference();
  test_worker(program);
  return tap_end();
}
