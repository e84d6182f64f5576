/* Two threads that use libcurl at the same time, and SIGPIPE sent to the process: both
** find it pending, and only one can take it. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/sigpipe.h"
#include "tap.h"

#define ROUNDS 2000

static atomic_int arrived;
static atomic_int handled;


static void on_sigpipe (int number) {
  (void)number;
  (void)atomic_fetch_add(&handled, 1);
}


/* Waits for the other thread, at first without a system call: the two should go on
** at the same time. */
static void meet (int *times) {
  int spins = 0;
  ++*times;
  (void)atomic_fetch_add(&arrived, 1);
  while (arrived < 2 * *times)
    if (++spins > 1000) (void)sched_yield();
}


static void *work (void *data) {
  const bool sends = data != NULL;
  sigset_t sigpipe, before;
  int times = 0;
  int i;
  (void)sigemptyset(&sigpipe);
  (void)sigaddset(&sigpipe, SIGPIPE);
  (void)pthread_sigmask(SIG_UNBLOCK, &sigpipe, NULL);
  for (i = 0; i < ROUNDS; i++) {
    mde_sigpipe_hold(&before);
    meet(&times);
    if (sends) (void)kill(getpid(), SIGPIPE);
    meet(&times);
    mde_sigpipe_release(&before);
  }
  return data;
}


int main (void) {
  pthread_t threads[2];
  sigset_t sigpipe, pending;
  tap_begin();
  (void)signal(SIGPIPE, on_sigpipe);
  (void)sigemptyset(&sigpipe);
  (void)sigaddset(&sigpipe, SIGPIPE);
  (void)pthread_sigmask(SIG_BLOCK, &sigpipe, NULL);
  if (pthread_create(&threads[0], NULL, work, NULL) != 0
      || pthread_create(&threads[1], NULL, work, &threads) != 0)
    return 2;
  (void)pthread_join(threads[0], NULL);
  (void)pthread_join(threads[1], NULL);
  check(true, "neither of two threads waits for the signal that the other took");
  (void)sigpending(&pending);
  check(sigismember(&pending, SIGPIPE) == 0, "  and none stays behind");
  check(handled == 0, "  and none is handled");
  return tap_end();
}
