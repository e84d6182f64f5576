/* A process of ours with two pipes: the program at `path`, as a worker, with an empty
** environment. Our ends never block, and no other program inherits them.
*/
#ifndef MDE_CHILD_H
#define MDE_CHILD_H

#include <sys/types.h>

/* 0, or what errno has for the failure, after which nothing is left. */
int mde_child_start (pid_t *pid, const char *path, int *to, int *from);

/* Closes unless it is -1, which it then is. */
void mde_child_close (int *fd);

#endif
