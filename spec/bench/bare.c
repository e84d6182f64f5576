/* Baseline: sends the same cancels with libcurl's multi interface only.
**
** bare URL CALLS PARALLEL VERSION CA-FILE   (VERSION: 1.1 or 2)
** Uses a handle per call, as the engine does. Prints the microseconds of CPU (user and system) per
** call, over the whole process. Ends with 1 if a call fails or is not answered with 200.
*/
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define BODY "{\"Comment\":\"bench\"}"

typedef struct call {
  char url[256];
  char answer[8192];
  size_t length;
} call;

static const char *base, *ca_file;
static bool http2;
static long next_call, calls;
static struct curl_slist *headers;


static _Noreturn void fail (const char *what) {
  fprintf(stderr, "bare: %s\n", what);
  exit(1);
}


static size_t on_answer (char *bytes, size_t size, size_t count, void *data) {
  call *self = (call *)data;
  const size_t length = size * count;
  if (length > sizeof self->answer - self->length) return 0;
  memcpy(self->answer + self->length, bytes, length);
  self->length += length;
  return length;
}


static void set_up (CURL *easy, call *self) {
  (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, self);
  (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, BODY);
  (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, self);
  (void)curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
  (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 60000L);
  (void)curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  (void)curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  if (!http2)
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                           (long)CURL_HTTP_VERSION_1_1);
}


static void start (CURLM *multi, call *self) {
  CURL *easy = curl_easy_init();
  if (easy == NULL) fail("out of memory");
  set_up(easy, self);
  self->length = 0;
  (void)snprintf(self->url, sizeof self->url,
                 "%s/api/machineactions/%08lx-7557-4ab7-9782-d50480024a4e/cancel",
                 base, next_call++);
  (void)curl_easy_setopt(easy, CURLOPT_URL, self->url);
  (void)curl_multi_add_handle(multi, easy);
}


/* Starts another call for each that has ended. Returns the number of those. */
static long drain (CURLM *multi) {
  CURLMsg *message;
  long ended = 0;
  int left;
  while ((message = curl_multi_info_read(multi, &left)) != NULL) {
    CURL *easy = message->easy_handle;
    const CURLcode result = message->data.result;
    call *self;
    long status = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&self);
    if (result != CURLE_OK || status != 200) fail(curl_easy_strerror(result));
    (void)curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    ended++;
    if (next_call < calls) start(multi, self);
  }
  return ended;
}


static double cpu_seconds (void) {
  struct rusage usage;
  (void)getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec
         + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}


int main (int count, char **arguments) {
  CURLM *multi;
  long parallel, ended = 0, i;
  int running;
  if (count != 6) fail("bare URL CALLS PARALLEL VERSION CA-FILE");
  base = arguments[1];
  calls = strtol(arguments[2], NULL, 10);
  parallel = strtol(arguments[3], NULL, 10);
  http2 = strcmp(arguments[4], "2") == 0;
  ca_file = arguments[5];
  (void)curl_global_init(CURL_GLOBAL_DEFAULT);
  headers = curl_slist_append(headers, "Authorization: Bearer x");
  headers = curl_slist_append(headers, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Accept: application/json");
  headers = curl_slist_append(headers, "User-Agent: bare");
  multi = curl_multi_init();
  for (i = 0; i < parallel; i++) {
    call *self = (call *)calloc(1, sizeof *self);
    if (self == NULL) fail("out of memory");
    start(multi, self);
  }
  while (ended < calls) {
    (void)curl_multi_perform(multi, &running);
    ended += drain(multi);
    if (ended < calls) (void)curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  printf("%.3f\n", cpu_seconds() * 1e6 / (double)calls);
  return 0;
}
