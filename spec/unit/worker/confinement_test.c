/* Tests the calls that a confined process can make, and those that end it. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "worker/worker.h"
#include "tap.h"

#define DONE 42

static volatile long result;  /* volatile, so that no call is optimized away */


static void open_file (void) { result = open("/etc/passwd", O_RDONLY); }
static void write_error (void) { result = write(STDERR_FILENO, "x", 1); }
static void write_input (void) { result = write(STDIN_FILENO, "x", 1); }
static void read_output (void) { char byte; result = read(STDOUT_FILENO, &byte, 1); }
static void connect_somewhere (void) { result = socket(AF_INET, SOCK_STREAM, 0); }
static void fork_itself (void) { result = fork(); }
static void signal_parent (void) { result = kill(getppid(), 0); }
static void duplicate (void) { result = dup(STDOUT_FILENO); }
static void set_timer (void) { result = (long)alarm(1); }
static void sleep_a_while (void) {
  const struct timespec moment = { 0, 1000 };
  result = nanosleep(&moment, NULL);
}
static void make_code (void) {
  result = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED;
}
static void map_file (void) {
  result = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0) == MAP_FAILED;
}
static void turn_into_code (void) {
  result = mprotect((void *)((uintptr_t)&result & ~(uintptr_t)4095), 4096,
                    PROT_READ | PROT_EXEC);
}
static void run_program (void) {
  char *arguments[] = { (char *)"true", NULL };
  result = execve("/bin/true", arguments, arguments + 1);
}
static void raise_limit (void) {
  const struct rlimit limit = { 100, 100 };
  result = setrlimit(RLIMIT_NOFILE, &limit);
}
#ifdef __linux__
static void look_inside (void) { result = ptrace(PTRACE_TRACEME, 0, NULL, NULL); }
static void become_dumpable (void) { result = prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L); }
static void call_as_32_bits (void) {
#ifdef __x86_64__
  result = syscall(0x40000000 + 39);  /* getpid of x32 */
#else
  result = syscall(SYS_getpid);
#endif
}
#endif

/* Makes the calls of a policy's Lua. */
static void compute (void) {
  struct timespec time;
  char *block = (char *)malloc(1 << 20), *larger;
  if (block == NULL || clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) _exit(1);
  memset(block, 1, 1 << 20);
  larger = (char *)realloc(block, 8 << 20);
  if (larger == NULL) _exit(1);
  free(larger);
  if (write(STDOUT_FILENO, "x", 1) != 1 || read(STDIN_FILENO, &time, 1) != 1) _exit(1);
}


/* Runs `act` in a confined child of `parent` with two pipes. Returns the status from waitpid. */
static int run_child (void (*act) (void), pid_t parent) {
  const mde_limits limits = { .load = 1, .average = 1, .longest = 1, .memory = 16 << 20,
                              .parent = (uint64_t)parent };
  int down[2], up[2], status = 0;
  pid_t pid;
  if (pipe(down) != 0 || pipe(up) != 0 || write(down[1], "x", 1) != 1) abort();
  fflush(stdout);
  pid = fork();
  if (pid < 0) abort();
  if (pid == 0) {
    if (dup2(down[0], STDIN_FILENO) < 0 || dup2(up[1], STDOUT_FILENO) < 0) _exit(1);
    if (!mde_confine(&limits)) _exit(2);
    act();
    _exit(DONE);
  }
  if (waitpid(pid, &status, 0) != pid) abort();
  close(down[0]);
  close(down[1]);
  close(up[0]);
  close(up[1]);
  return status;
}


static int run (void (*act) (void)) {
  return run_child(act, getpid());
}


/* Tests that a grandchild ends with its parent. */
static void test_end_of_parent (void) {
#ifdef __linux__
  int ends[2], byte;
  pid_t pid;
  if (pipe(ends) != 0 || (pid = fork()) < 0) abort();
  if (pid == 0) {
    const mde_limits limits = { .load = 1, .average = 1, .longest = 1, .memory = 16 << 20,
                                .parent = (uint64_t)getpid() };
    if (fork() == 0) {
      if (dup2(ends[1], STDOUT_FILENO) < 0 || !mde_confine(&limits)) _exit(1);
      if (write(STDOUT_FILENO, "x", 1) != 1) _exit(1);
      for (;;) result++;
    }
    for (;;) pause();
  }
  close(ends[1]);
  check(read(ends[0], &byte, 1) == 1, "a child of a child is confined");
  kill(pid, SIGKILL);
  check(read(ends[0], &byte, 1) == 0, "and ends with its parent, though it computes");
  waitpid(pid, NULL, 0);
  close(ends[0]);
#endif
}


static void test_forbidden (void) {
#ifdef __linux__
  static const struct { void (*act) (void); const char *name; } acts[] = {
    { open_file, "opening a file" }, { write_error, "writing to standard error" },
    { write_input, "writing to its input" }, { read_output, "reading its output" },
    { connect_somewhere, "making a socket" }, { fork_itself, "making a process" },
    { signal_parent, "sending a signal" }, { duplicate, "duplicating a descriptor" },
    { set_timer, "setting a timer" }, { sleep_a_while, "sleeping" },
    { make_code, "memory that can be run" }, { map_file, "mapping a file" },
    { turn_into_code, "making memory one that can be run" }, { run_program, "running a program" },
    { raise_limit, "raising a limit" }, { look_inside, "tracing" },
    { become_dumpable, "becoming dumpable" }, { call_as_32_bits, "a call of another kind" }
  };
  char name[100];
  size_t i;
  for (i = 0; i < sizeof acts / sizeof acts[0]; i++) {
    int status = run(acts[i].act);
    snprintf(name, sizeof name, "%s ends the process", acts[i].name);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, name);
  }
#endif
}


int main (void) {
  int status;
  tap_begin();
  signal(SIGPIPE, SIG_IGN);
  status = run(compute);
  check(WIFEXITED(status) && WEXITSTATUS(status) == DONE, "computing, reading and writing go on");
#ifdef __linux__
  status = run_child(compute, getpid() + 1);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 2, "another's child is not confined");
#endif
  test_end_of_parent();
  test_forbidden();
  return tap_end();
}
