/* Ends a worker that exceeds a limit of time, memory or output. */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "worker.h"

#define TICK 5000         /* microseconds of computing between two checks */
#define WALL_TICK 100000  /* microseconds of time between two checks */
#define LONGEST_SLICE 0.25  /* seconds that count between two checks, if the process was stopped */
#define LEAST_WALL 2.0      /* seconds: no limit of wall-clock time is shorter */

/* Limits are seconds of computing. Twice as many of wall-clock time are allowed, because a busy
** machine slows a policy down. Waiting for the program does not count. The time of an action
** begins with its first check. */
typedef struct watch {
  double before, spent;  /* clock at the last check; time in this turn */
  double total;          /* time of all actions */
} watch;

static mde_limits limits;
static volatile sig_atomic_t phase, looking;
static volatile sig_atomic_t turns;  /* number of phases entered */
static int seen;                     /* turns at the last check */
static watch computing, wall;
static size_t used, refused, printed;


static double read_clock (clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}


/* Adds the time since the last check, of which at most `most` seconds count. */
static void advance (watch *w, double now, double most) {
  double passed = now - w->before;
  if (passed < 0) passed = 0;
  if (passed > most) passed = most;
  w->before = now;
  if (seen != turns) w->spent = 0;
  else w->spent += passed;
  if (phase == MDE_DECIDING) w->total += passed;
}


static double at_least (double seconds, double least) {
  return seconds > least ? seconds : least;
}


/* Ends the process if a limit is exceeded: that of loading, of a single action, or of the average
** over all actions. */
static void judge (const watch *w, double factor, double least) {
  double average = limits.longest + limits.average * turns;
  if (phase == MDE_LOADING && w->spent > at_least(factor * limits.load, least))
    mde_channel_exit(MDE_END_LOAD);
  if (phase != MDE_DECIDING) return;
  if (w->spent > at_least(factor * limits.longest, least)) mde_channel_exit(MDE_END_LONGEST);
  if (w->total > at_least(factor * average, least)) mde_channel_exit(MDE_END_AVERAGE);
}


void mde_limits_look (void) {
  if (looking || mde_channel_is_waiting()) return;
  looking = 1;
  advance(&computing, read_clock(CLOCK_PROCESS_CPUTIME_ID), HUGE_VAL);
  advance(&wall, read_clock(CLOCK_MONOTONIC) - mde_channel_waited(), LONGEST_SLICE);
  seen = turns;
  judge(&computing, 1, 0);
  judge(&wall, 2, LEAST_WALL);
  looking = 0;
}


static void on_tick (int number) {
  (void)number;
#ifndef __linux__  /* Linux ends the worker together with the program */
  if ((uint64_t)getppid() != limits.parent) _exit(MDE_END_ALONE);
#endif
  mde_limits_look();
}


void mde_limits_enter (mde_phase next) {
  if (next != MDE_IDLE) turns++;
  phase = next;
}


bool mde_limits_are_for_loading (void) {
  return phase == MDE_LOADING;
}


bool mde_limits_start (const mde_limits *given) {
  struct sigaction action = { .sa_handler = on_tick, .sa_flags = SA_RESTART };
  struct itimerval timer = { { 0, TICK }, { 0, TICK } };
  struct itimerval wall_timer = { { 0, WALL_TICK }, { 0, WALL_TICK } };
  limits = *given;
  computing.before = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  wall.before = read_clock(CLOCK_MONOTONIC);
  sigemptyset(&action.sa_mask);
  return sigaction(SIGPROF, &action, NULL) == 0 && sigaction(SIGALRM, &action, NULL) == 0 &&
         setitimer(ITIMER_PROF, &timer, NULL) == 0 &&
         setitimer(ITIMER_REAL, &wall_timer, NULL) == 0;
}


void mde_limits_print (size_t size) {
  if (size > limits.output - printed) mde_channel_exit(MDE_END_OUTPUT);
  printed += size;
}


/* Refuses once: Lua then collects garbage and requests the same size again. A second refusal ends
** the process. So does a request for another size, because it means that Lua has raised an error,
** which the policy could catch. */
static void *refuse (size_t size) {
  if (refused != 0) mde_channel_exit(MDE_END_MEMORY);
  refused = size;
  return NULL;
}


void *mde_limits_allocate (void *unused, void *block, size_t old, size_t size) {
  void *grown;
  (void)unused;
  if (block == NULL) old = 0;  /* `old` is then a Lua type, not a size */
  if (size == 0) {
    free(block);
    used -= old;
    return NULL;
  }
  if (refused != 0 && size != refused) mde_channel_exit(MDE_END_MEMORY);
  if (size > old && size - old > limits.memory - used) return refuse(size);
  grown = realloc(block, size);
  if (grown == NULL) return size > old ? refuse(size) : block;
  used = used - old + size;
  refused = 0;
  return grown;
}
