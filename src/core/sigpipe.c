/* Blocks SIGPIPE while libcurl works. */
#include "sigpipe.h"

#include <stddef.h>
#include <time.h>

#ifdef __APPLE__

void mde_sigpipe_hold (sigset_t *before) {
  (void)sigemptyset(before);
}


void mde_sigpipe_release (const sigset_t *before) {
  (void)before;
}

#else

static sigset_t sigpipe_alone (void) {
  sigset_t set;
  (void)sigemptyset(&set);
  (void)sigaddset(&set, SIGPIPE);
  return set;
}


void mde_sigpipe_hold (sigset_t *before) {
  const sigset_t sigpipe = sigpipe_alone();
  (void)pthread_sigmask(SIG_BLOCK, &sigpipe, before);
}


void mde_sigpipe_release (const sigset_t *before) {
  const struct timespec no_time = { 0, 0 };
  const sigset_t sigpipe = sigpipe_alone();
  sigset_t pending;
  if (sigismember(before, SIGPIPE) == 1) return;
  (void)sigpending(&pending);
  if (sigismember(&pending, SIGPIPE) == 1)
    (void)sigtimedwait(&sigpipe, NULL, &no_time);
  (void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

#endif
