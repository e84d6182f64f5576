/* Runs a program at a terminal, for tests: pty COLUMNS [TEXT ANSWER]... -- COMMAND ARG...
**
** Waits for each TEXT in the program's output, and then types its ANSWER, so that a test waits for
** events, never for a time. Copies the output to standard output. Ends with the program's exit
** status (128 + signal if a signal ended it), or 125 if a TEXT never came. In ANSWER, ^C stands for
** Ctrl-C, ^D for the end of input and ^M for return.
*/
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __APPLE__
#include <util.h>
#else
#include <pty.h>
#endif

#define TAIL 65536  /* bytes of the latest output in which a text is searched */

static char shown[TAIL + 1];
static size_t size;
static volatile pid_t child;


/* It took a minute: ends the program for good. */
static void give_up (int number) {
  (void)number;
  kill(child, SIGKILL);
}


static _Noreturn void fail (const char *what) {
  fprintf(stderr, "pty: %s\n", what);
  exit(125);
}


/* Reads and copies the program's output. Returns 0 at its end. Linux reports the end as EIO; what
** the program wrote just before it ended may come after the first one. */
static int show (int terminal) {
  static int ends;
  char block[4096];
  ssize_t got = read(terminal, block, sizeof block);
  if (got < 0 && errno == EINTR) return 1;
  if (got <= 0) return ends++ == 0;
  if (fwrite(block, 1, (size_t)got, stdout) != (size_t)got || fflush(stdout) != 0)
    fail("cannot write");
  if (size + (size_t)got > TAIL) size = 0;
  memcpy(shown + size, block, (size_t)got);
  size += (size_t)got;
  shown[size] = '\0';
  return 1;
}


static void type (int terminal, const char *answer) {
  for (; *answer != '\0'; answer++) {
    char key = *answer;
    if (key == '^' && answer[1] != '\0') key = (char)(*++answer & 0x1F);
    if (write(terminal, &key, 1) != 1) fail("cannot type");
  }
}


/* Waits for the text, and drops the output up to it. */
static void expect (int terminal, const char *text) {
  char *found;
  while ((found = strstr(shown, text)) == NULL)
    if (!show(terminal)) {
      fflush(stdout);
      fprintf(stderr, "pty: '%s' was never shown\n", text);
      kill(child, SIGKILL);
      exit(125);
    }
  found += strlen(text);
  size -= (size_t)(found - shown);
  memmove(shown, found, size + 1);
}


int main (int count, char **arguments) {
  struct winsize window = { .ws_row = 24 };
  int terminal, status, i = 2;
  if (count < 4) fail("usage: pty COLUMNS [TEXT ANSWER]... -- COMMAND ARG...");
  window.ws_col = (unsigned short)strtoul(arguments[1], NULL, 10);
  while (i < count && strcmp(arguments[i], "--") != 0) i += 2;
  if (i + 1 >= count) fail("no command");
  child = forkpty(&terminal, NULL, NULL, &window);
  if (child < 0) fail(strerror(errno));
  if (child == 0) {
    execvp(arguments[i + 1], arguments + i + 1);
    _exit(127);
  }
  signal(SIGALRM, give_up);
  alarm(60);
  count = i;
  for (i = 2; i < count; i += 2) {
    expect(terminal, arguments[i]);
    type(terminal, arguments[i + 1]);
  }
  while (show(terminal)) continue;
  if (waitpid(child, &status, 0) != child) fail("lost the program");
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
