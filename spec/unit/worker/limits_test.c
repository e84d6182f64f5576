/* Tests the limits of a worker, under clocks that the test sets. */
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "worker/worker.h"
#include "tap.h"

static double computed, passed;  /* seconds of computing, and of the wall clock */

int __wrap_clock_gettime (clockid_t clock, struct timespec *time);
int __wrap_setitimer (int which, const struct itimerval *given, struct itimerval *before);


int __wrap_clock_gettime (clockid_t clock, struct timespec *time) {
  const double now = 1000 + (clock == CLOCK_PROCESS_CPUTIME_ID ? computed : passed);
  time->tv_sec = (time_t)now;
  time->tv_nsec = (long)((now - (double)time->tv_sec) * 1e9);
  return 0;
}


/* Starts no timer: the test checks the limits itself. */
int __wrap_setitimer (int which, const struct itimerval *given, struct itimerval *before) {
  (void)which;
  (void)given;
  (void)before;
  return 0;
}


/* Checks the limits `looks` times, and advances the clocks before each. */
static void go_on (int looks, double computing, double wall) {
  while (looks-- > 0) {
    computed += computing;
    passed += wall;
    mde_limits_look();
  }
}


static void load (int looks, double computing, double wall) {
  mde_limits_enter(MDE_LOADING);
  mde_limits_look();
  go_on(looks, computing, wall);
  mde_limits_enter(MDE_IDLE);
}


static void decide (int looks, double computing, double wall) {
  mde_limits_enter(MDE_DECIDING);
  mde_limits_look();
  go_on(looks, computing, wall);
  mde_limits_enter(MDE_IDLE);
}


static void load_for_five_seconds (void) { load(49, 0.1, 0.1); }
static void load_for_longer (void) { load(51, 0.1, 0.1); }
static void load_on_a_busy_machine (void) { load(98, 0.02, 0.1); }
static void load_on_one_that_is_busier (void) { load(102, 0.02, 0.1); }
static void be_stopped (void) { load(30, 0, 3600); }
static void decide_for_a_second (void) { decide(9, 0.1, 0.1); }
static void decide_for_longer (void) { decide(11, 0.1, 0.1); }
static void decide_on_a_busy_machine (void) { decide(19, 0.02, 0.1); }
static void decide_on_one_that_is_busier (void) { decide(21, 0.02, 0.1); }

static void decide_often (double computing, double wall) {
  int i;
  for (i = 0; i < 200; i++) decide(1, computing, wall);
}

static void decide_often_and_fast (void) { decide_often(0.04, 0.04); }
static void decide_often_and_slowly (void) { decide_often(0.06, 0.06); }
static void decide_often_on_a_busy_machine (void) { decide_often(0.03, 0.09); }
static void decide_often_on_one_that_is_busier (void) { decide_often(0.03, 0.12); }

static void wait_for_the_program (void) {
  mde_limits_enter(MDE_LOADING);
  mde_channel_wait(true);
  go_on(100, 0, 0.2);
  mde_channel_wait(false);
  go_on(1, 0, 0.2);
}


/* Returns the exit status of a child that runs `act`: MDE_END_WELL if no limit stops it. */
static int end_of (void (*act) (void), mde_limits limits) {
  int status = 0;
  pid_t pid;
  fflush(stdout);
  pid = fork();
  if (pid < 0) abort();
  if (pid == 0) {
    if (!mde_limits_start(&limits)) _exit(1);
    act();
    _exit(MDE_END_WELL);
  }
  if (waitpid(pid, &status, 0) != pid) abort();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}


int main (void) {
  static const struct { void (*act) (void); int end; const char *name; } cases[] = {
    { load_for_five_seconds, MDE_END_WELL, "loading may compute for 5 s" },
    { load_for_longer, MDE_END_LOAD, "and no longer" },
    { load_on_a_busy_machine, MDE_END_WELL, "it may take 10 s of the wall clock" },
    { load_on_one_that_is_busier, MDE_END_LOAD, "and no more" },
    { be_stopped, MDE_END_WELL, "an hour for which the process was stopped does not count" },
    { decide_for_a_second, MDE_END_WELL, "deciding may compute for 1 s" },
    { decide_for_longer, MDE_END_LONGEST, "and no longer" },
    { decide_on_a_busy_machine, MDE_END_WELL, "it may take 2 s of the wall clock" },
    { decide_on_one_that_is_busier, MDE_END_LONGEST, "and no more" },
    { decide_often_and_fast, MDE_END_WELL, "many decisions may compute for 50 ms each" },
    { decide_often_and_slowly, MDE_END_AVERAGE, "and no longer" },
    { decide_often_on_a_busy_machine, MDE_END_WELL, "they may take 100 ms of the wall clock" },
    { decide_often_on_one_that_is_busier, MDE_END_AVERAGE, "and no more" },
    { wait_for_the_program, MDE_END_WELL, "waiting for the program does not count" }
  };
  const mde_limits limits = { .load = 5, .average = 0.05, .longest = 1, .memory = 1 << 20 },
                   short_ones = { .load = 0.1, .average = 0.01, .longest = 0.1,
                                  .memory = 1 << 20 };
  size_t i;
  tap_begin();
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
    check(end_of(cases[i].act, limits) == cases[i].end, cases[i].name);
  check(end_of(decide_on_a_busy_machine, short_ones) == MDE_END_LONGEST,
        "a short limit of computing holds");
  computed = passed = 0;
  check(end_of(be_stopped, short_ones) == MDE_END_LOAD, "but 2 s of the wall clock are the least");
  return tap_end();
}
