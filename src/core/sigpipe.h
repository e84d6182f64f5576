/* Keeps SIGPIPE from a program while libcurl works.
**
** A connection closed by the other side must not end the program, whose signal
** handlers must not be changed. So the signal is blocked in this thread, and a
** pending one is removed. If it was sent to the process, another thread may take
** it: nothing waits for it. On macOS libcurl's sockets send none.
*/
#ifndef MDE_SIGPIPE_H
#define MDE_SIGPIPE_H

#include <signal.h>

/* Blocks the signal, and stores the thread's mask in `before`. */
void mde_sigpipe_hold (sigset_t *before);

/* Removes a pending signal and restores the mask. If the program itself blocks the
** signal, nothing changes. */
void mde_sigpipe_release (const sigset_t *before);

#endif
