/* Keeps SIGPIPE from a program while libcurl works.
**
** A connection that the other side has closed must not end a program that knows
** nothing of it, and its signal handlers are not ours to change: so the signal is
** blocked in this thread meanwhile, and one that came is taken out. It may be another
** thread that takes it, where it was sent to the process: nothing waits for it. On
** macOS libcurl's sockets send none.
*/
#ifndef MDE_SIGPIPE_H
#define MDE_SIGPIPE_H

#include <signal.h>

/* Blocks it, and puts the thread's mask in `before`. */
void mde_sigpipe_hold (sigset_t *before);

/* Takes out what has come and restores the mask. If the program blocks the signal
** itself, it stays as it is. */
void mde_sigpipe_release (const sigset_t *before);

#endif
