#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "worker.h"

#define TICK 5000  /* microseconds of computing between two looks */

/* Time is what the policy computed: a busy machine is not its fault, and it has nothing
** to wait for. That of an action begins with the first look at it. */
static mde_limits limits;
static volatile sig_atomic_t phase, looking;
static volatile sig_atomic_t turns;  /* how often a phase was entered */
static int seen;                     /* at the last look */
static double began, before, total;  /* of this turn; the last look; all actions */
static size_t used, refused, printed;


void mde_limits_end (int how) {
  mde_channel_rescue();
  _exit(how);
}


static double computed (void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}


/* On average means: over all actions, beside what a single one may take. */
static void judge (double now) {
  if (phase == MDE_LOADING && now - began > limits.load) mde_limits_end(MDE_END_LOAD);
  if (phase != MDE_DECIDING) return;
  if (now - began > limits.longest) mde_limits_end(MDE_END_LONGEST);
  total += now - before;
  if (total > limits.longest + limits.average * turns) mde_limits_end(MDE_END_AVERAGE);
}


void mde_limits_look (void) {
  double now;
  if (looking) return;
  looking = 1;
  now = computed();
  if (seen != turns) {
    seen = turns;
    began = now;
  }
  judge(now);
  before = now;
  looking = 0;
}


static void on_tick (int number) {
  (void)number;
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
  limits = *given;
  before = began = computed();
  sigemptyset(&action.sa_mask);
  return sigaction(SIGPROF, &action, NULL) == 0 && setitimer(ITIMER_PROF, &timer, NULL) == 0;
}


void mde_limits_print (size_t size) {
  if (size > limits.output - printed) mde_limits_end(MDE_END_OUTPUT);
  printed += size;
}


/* Refuses once: Lua then collects, and asks for the same again. If it does not it has
** raised an error, which could be caught, so that any other request ends the process as
** the second refusal does. */
static void *refuse (size_t size) {
  if (refused != 0) mde_limits_end(MDE_END_MEMORY);
  refused = size;
  return NULL;
}


void *mde_limits_allocate (void *unused, void *block, size_t old, size_t size) {
  void *grown;
  (void)unused;
  if (block == NULL) old = 0;  /* Lua says there what it is for */
  if (size == 0) {
    free(block);
    used -= old;
    return NULL;
  }
  if (refused != 0 && size != refused) mde_limits_end(MDE_END_MEMORY);
  if (size > old && size - old > limits.memory - used) return refuse(size);
  grown = realloc(block, size);
  if (grown == NULL) return size > old ? refuse(size) : block;
  used = used - old + size;
  refused = 0;
  return grown;
}
