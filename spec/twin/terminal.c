/* Runs a program at a terminal: terminal COLUMNS COMMAND ARG...
**
** Copies the program's output to standard output, and what it reads to the program. Ends with the
** program's exit status (128 + signal if a signal ended it).
*/
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __APPLE__
#include <util.h>
#else
#include <pty.h>
#endif


/* Copies what there is to read. Returns 0 at the end. */
static int copy (int from, int to) {
  char block[4096];
  ssize_t size = read(from, block, sizeof block), at = 0;
  while (at < size) {
    ssize_t written = write(to, block + at, (size_t)(size - at));
    if (written <= 0) return 0;
    at += written;
  }
  return size > 0;
}


int main (int count, char **arguments) {
  struct winsize window = { .ws_row = 24 };
  struct pollfd ends[2] = { { .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
  int status;
  pid_t child;
  if (count < 3) return 125;
  window.ws_col = (unsigned short)strtoul(arguments[1], NULL, 10);
  child = forkpty(&ends[0].fd, NULL, NULL, &window);
  if (child < 0) return 125;
  if (child == 0) {
    execvp(arguments[2], arguments + 2);
    _exit(127);
  }
  for (;;) {
    if (poll(ends, 2, -1) < 0) continue;
    if (ends[1].revents != 0 && !copy(STDIN_FILENO, ends[0].fd)) ends[1].fd = -1;
    if (ends[0].revents != 0 && !copy(ends[0].fd, STDOUT_FILENO)) break;
  }
  if (waitpid(child, &status, 0) != child) return 125;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
