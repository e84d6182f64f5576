/* Starts the program as a worker process, with two pipes and no environment.
**
** Our ends of the pipes never block, and no other program inherits them.
*/
#ifndef MDE_CHILD_H
#define MDE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Returns 0, or the error number of a failure, after which no process or pipe is left. */
int mde_child_start (pid_t *pid, const char *path, int *to, int *from);

/* Makes a pipe above the standard descriptors, which no other program inherits. Returns false, with
** errno set, after a failure; the ends that are not -1 are then to be closed. */
bool mde_child_pipe (int ends[2]);

/* Closes the descriptor and sets it to -1, unless it is -1 already. */
void mde_child_close (int *fd);

#endif
