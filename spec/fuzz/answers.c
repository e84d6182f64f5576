/* Fuzzes the engine with server answers, on reused connections.
**
** A byte 0xFF ends an answer; the first byte of each chooses what the server does after it.
*/
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/engine.h"
#include "fuzz.h"

#define ANSWERS 6
#define INPUTS 100  /* inputs per engine */
#define TURNS 5000  /* most polls of one exchange; it takes far fewer */

static mde_engine *engine;
static int listener, connection = -1;
static char url[64];


static void start (void) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 64) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) != 0)
    abort();
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
  (void)signal(SIGPIPE, SIG_IGN);
}


static void hang_up (void) {
  const struct linger now = { 1, 0 };
  if (connection < 0) return;
  (void)setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  (void)close(connection);
  connection = -1;
}


/* Accepts a new connection if there is one, and reads the request if it has arrived. */
static bool has_request (void) {
  static char request[4096];
  const int next = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (next >= 0) {
    hang_up();
    connection = next;
  }
  return connection >= 0 && recv(connection, request, sizeof request, 0) > 0;
}


/* Returns true if the request has ended. */
static bool has_ended (int64_t id) {
  mde_response response;
  mde_error error;
  return mde_engine_look(engine, id, &response, &error) != MDE_GOING;
}


/* Touches every byte of an answer. */
static void look_through (int64_t id) {
  mde_response response;
  mde_error error;
  unsigned sum = 0;
  size_t i, k;
  if (mde_engine_look(engine, id, &response, &error) == MDE_ANSWERED) {
    for (i = 0; i < response.body.length; i++) sum ^= (unsigned char)response.body.data[i];
    for (i = 0; i < response.header_count; i++)
      for (k = 0; k < response.headers[i].value.length; k++)
        sum ^= (unsigned char)response.headers[i].value.data[k];
  }
  if (sum > 255) abort();
  mde_engine_abandon(engine, id);
}


static void exchange (const char *answer, size_t length, uint8_t how) {
  mde_request request = { .method = how & 1 ? "POST" : "GET", .url = url, .timeout = 20,
                          .connect_timeout = 20, .http_version = MDE_HTTP_1_1 };
  mde_error error;
  const int64_t id = mde_engine_start(engine, &request, &error);
  int turn, idle = 0;
  bool said = false;
  for (turn = 0; turn < TURNS && !has_ended(id); turn++) {
    if (has_request()) {  /* a second time if a reused connection ended without an answer */
      said = true;
      idle = 0;
      if (length > 0) (void)send(connection, answer, length, MSG_NOSIGNAL);
    }
    else if (said && ++idle > 2) hang_up();
    (void)mde_engine_poll(engine, 0.001);
  }
  if (!has_ended(id)) abort();
  look_through(id);
  if (how & 2) hang_up();
}


int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  static unsigned inputs;
  int answers;
  if (listener == 0) start();
  if (inputs++ % INPUTS == 0) {
    mde_engine_close(engine);
    engine = mde_engine_new(65536, NULL);
  }
  for (answers = 0; size > 0 && answers < ANSWERS; answers++) {
    const uint8_t how = fuzz_byte(&data, &size);
    const uint8_t *end = (const uint8_t *)(size > 0 ? memchr(data, 0xFF, size) : NULL);
    size_t length;
    char *answer = fuzz_take(&data, &size, end == NULL ? size : (size_t)(end - data), &length);
    (void)fuzz_byte(&data, &size);
    exchange(answer, length, how);
    free(answer);
  }
  return 0;
}
