/* Tests as small programs that print TAP.
**
** main() calls tap_begin(), checks, and returns tap_end(). A check that comes
** out wrong says where and goes on. A program that hangs is ended, since none
** of the tests has anything to wait for that long.
*/
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TAP_PATIENCE 900  /* seconds: valgrind is slow */

static int tap_count, tap_wrong;


static inline void tap_begin (void) {
  (void)setvbuf(stdout, NULL, _IOLBF, 0);
  (void)alarm(TAP_PATIENCE);
}


static inline bool tap_check (bool good, const char *name, const char *file,
                              int line) {
  tap_count++;
  printf("%s %d - %s\n", good ? "ok" : "not ok", tap_count, name);
  if (good) return true;
  tap_wrong++;
  printf("# %s:%d\n", file, line);
  return false;
}


static inline void tap_text (const char *got, const char *expected,
                             const char *name, const char *file, int line) {
  if (tap_check(strcmp(got, expected) == 0, name, file, line)) return;
  printf("# got:      %s\n# expected: %s\n", got, expected);
}


static inline int tap_end (void) {
  printf("1..%d\n", tap_count);
  return tap_wrong > 0;
}

#define check(good, name) ((void)tap_check((good), (name), __FILE__, __LINE__))
#define check_text(got, expected, name) \
  tap_text((got), (expected), (name), __FILE__, __LINE__)

#endif
