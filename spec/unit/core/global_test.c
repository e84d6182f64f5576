/* Tests the global state of libcurl. */
#include "core/global.h"

#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include "tap.h"


static void *init (void *data) {
  mde_error error;
  *(bool *)data = mde_global_init(&error);
  return NULL;
}


static void test_threads (void) {
  pthread_t threads[8];
  bool ready[8] = { false };
  bool all = true;
  int i;
  for (i = 0; i < 8; i++)
    (void)pthread_create(&threads[i], NULL, init, &ready[i]);
  for (i = 0; i < 8; i++) {
    (void)pthread_join(threads[i], NULL);
    all = all && ready[i];
  }
  check(all, "many threads may set libcurl up at once");
}


static void test_clocks (void) {
  const double before = mde_clock_monotonic();
  const time_t now = time(NULL);
  const double wall = mde_clock_wall();
  check(wall >= (double)now - 1, "the wall clock counts from 1970");
  check(mde_clock_monotonic() >= before, "the monotonic clock never steps back");
}


static void test_trust (void) {
  const char *file, *folder;
  struct stat status;
  mde_trusted(&file, &folder);
  check(file == NULL || folder == NULL, "a file or a folder of authorities is trusted, not both");
  check(folder == NULL || (stat(folder, &status) == 0 && S_ISDIR(status.st_mode)),
        "a folder of trusted authorities is one, if there is any");
}


int main (void) {
  tap_begin();
  test_threads();
  test_clocks();
  test_trust();
  return tap_end();
}
