/* Sets libcurl up once per process, counts forks and reads clocks. */
#include "global.h"

#include <curl/curl.h>
#include <dirent.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define OLDEST 0x075700  /* 7.87.0: QUICK_EXIT, the cache of CA certificates */
#define NEEDED (CURL_VERSION_SSL | CURL_VERSION_ASYNCHDNS | CURL_VERSION_LIBZ)

#ifdef CLOCK_BOOTTIME
#define MONOTONIC CLOCK_BOOTTIME
#else
#define MONOTONIC CLOCK_MONOTONIC
#endif


static volatile unsigned generation;
static const char *trusted_file, *trusted_folder;


static void on_child (void) {
  generation++;
}


/* Reports whether a folder has names such as "5f2c1f0e.0", as openssl-rehash makes them. */
static bool is_hashed (const char *path) {
  DIR *folder = opendir(path);
  const struct dirent *entry;
  bool found = false;
  if (folder == NULL) return false;
  while (!found && (entry = readdir(folder)) != NULL)
    found = strlen(entry->d_name) == 10 && strspn(entry->d_name, "0123456789abcdef") == 8 &&
            strcmp(entry->d_name + 8, ".0") == 0;
  (void)closedir(folder);
  return found;
}


static void find_trusted (const curl_version_info_data *curl) {
  const bool can_look_up = curl->capath != NULL && strncmp(curl->ssl_version, "OpenSSL", 7) == 0 &&
                           is_hashed(curl->capath);
  if (!can_look_up) trusted_file = curl->cainfo;
  if (trusted_file == NULL) trusted_folder = curl->capath;
}


static bool init (mde_error *error) {
  static bool watching = false;
  const curl_version_info_data *curl;
  if (!watching && pthread_atfork(NULL, NULL, on_child) != 0) {
    mde_error_set(error, "out_of_memory", "out of memory");
    return false;
  }
  watching = true;
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    mde_error_set(error, "out_of_memory", "libcurl could not be set up");
    return false;
  }
  curl = curl_version_info(CURLVERSION_NOW);
  if (curl->version_num >= OLDEST && (curl->features & NEEDED) == NEEDED) {
    find_trusted(curl);
    return true;
  }
  curl_global_cleanup();  /* ours alone: the calls are counted */
  mde_error_set(error, "unfit_libcurl",
                "libcurl %s is not fit: 7.87 or later is needed, with TLS, "
                "zlib and a resolver that does not block", curl->version);
  return false;
}


bool mde_global_init (mde_error *error) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static bool ready = false;
  bool result;
  (void)pthread_mutex_lock(&mutex);
  if (!ready) ready = init(error);
  result = ready;
  (void)pthread_mutex_unlock(&mutex);
  return result;
}


void mde_trusted (const char **file, const char **folder) {
  *file = trusted_file;
  *folder = trusted_folder;
}


unsigned mde_process_generation (void) {
  return generation;
}


static double read_clock (clockid_t clock) {
  struct timespec now;
  (void)clock_gettime(clock, &now);  /* can't fail for these clocks */
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}


double mde_clock_monotonic (void) {
  return read_clock(MONOTONIC);
}


double mde_clock_wall (void) {
  return read_clock(CLOCK_REALTIME);
}
