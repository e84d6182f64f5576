/* Tests the error code for each failure of the network. */
#include "exchange.h"
#include "server.h"

#include <netdb.h>

static mde_engine *engine;


static void test_refused (void) {
  server host;
  outcome result;
  mde_request request;
  server_start(&host, server_answer);
  server_stop(&host);  /* no server listens there any more */
  request = make_post(host.url, "{}");
  result = exchange(engine, &request);
  check_text(result.code, "connection", "nobody listens");
  check(!result.sent, "  and nothing was sent");
  check(strstr(result.message, "127.0.0.1") != NULL, "  the host is named");
}


static void read_and_end (server *self, int connection, int number) {
  (void)number;
  (void)server_read(self, connection);
  if (self->answer != NULL) server_say(connection, self->answer);
}


static void lost (const char *answer, const char *name) {
  server host;
  outcome result;
  mde_request request;
  server_start(&host, read_and_end);
  host.answer = answer;
  request = make_post(host.url, "{}");
  result = exchange(engine, &request);
  server_stop(&host);
  check_text(result.code, "lost", name);
  check(result.sent, "  and the request was sent");
  check(host.requests == 1, "  once");
}


static void test_lost (void) {
  lost(NULL, "an end without an answer");
  lost("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", "half a body");
  lost("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
       "half a chunk");
  lost("SSH-2.0-OpenSSH\r\n\r\n", "another protocol");
}


static void never_answer (server *self, int connection, int number) {
  (void)number;
  while (server_read(self, connection)) {}
}


static void test_timeout (void) {
  server host;
  outcome result;
  mde_request request;
  server_start(&host, never_answer);
  request = make_post(host.url, "{}");
  request.timeout = 0.2;
  result = exchange(engine, &request);
  server_stop(&host);
  check_text(result.code, "timeout", "no answer in time");
  check(result.sent || host.requests == 0, "  what was received was sent");
}


/* Would hang here, and not go wrong, if it were rounded to none. */
static void test_shortest_timeout (void) {
  server host;
  mde_request request;
  server_start(&host, never_answer);
  request = make_request("GET", host.url);
  request.timeout = 1e-9;
  check_text(exchange(engine, &request).code, "timeout",
             "a timeout may be as short as it likes");
  server_stop(&host);
}


/* Takes the first bytes of a TLS handshake and gives self->answer to them. */
static void spoil_handshake (server *self, int connection, int number) {
  (void)number;
  (void)recv(connection, self->last, 1000, 0);
  if (self->answer == NULL)
    server_reset_at_close(connection);
  else if (self->answer[0] != '\0') {
    server_say(connection, self->answer);
    (void)recv(connection, self->last, sizeof self->last, 0);
  }
}


static void spoilt (const char *answer, const char *code, const char *name) {
  server host;
  outcome result;
  mde_request request;
  char url[64];
  server_start(&host, spoil_handshake);
  host.answer = answer;
  (void)snprintf(url, sizeof url, "https://127.0.0.1:%d", host.port);
  request = make_post(url, "{}");
  result = exchange(engine, &request);
  server_stop(&host);
  check_text(result.code, code, name);
  check(!result.sent, "  and nothing was sent");
}


static void test_handshake (void) {
  spoilt("HTTP/1.1 400 Bad Request\r\n\r\n", "tls",
         "a server that does not speak TLS");
  spoilt(NULL, "connection", "a reset during the handshake");
  spoilt("", "connection", "an end during the handshake");
}


/* A resolver that never answers: libcurl's threads find this function
** before the C library's. */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int asked, answered;
static bool released;


__attribute__((visibility("default")))
int getaddrinfo (const char *name, const char *service,
                 const struct addrinfo *hints, struct addrinfo **result) {
  (void)name; (void)service; (void)hints;
  *result = NULL;
  (void)pthread_mutex_lock(&mutex);
  asked++;
  (void)pthread_cond_broadcast(&changed);
  while (!released)
    (void)pthread_cond_wait(&changed, &mutex);
  answered++;
  (void)pthread_cond_broadcast(&changed);
  (void)pthread_mutex_unlock(&mutex);
  return EAI_AGAIN;
}


static void wait_until_equal (const int *number, int value) {
  (void)pthread_mutex_lock(&mutex);
  while (*number != value)
    (void)pthread_cond_wait(&changed, &mutex);
  (void)pthread_mutex_unlock(&mutex);
}


/* Would hang here, and not go wrong, if one of these waited for the resolver. */
static void test_resolver (void) {
  mde_engine *other = mde_engine_new(1000, NULL);
  const mde_request one = make_request("GET", "https://one.example/");
  const mde_request two = make_request("GET", "https://two.example/");
  mde_response response;
  mde_error error;
  const int64_t first = mde_engine_start(other, &one, &error);
  const int64_t second = mde_engine_start(other, &two, &error);
  (void)mde_engine_step(other);
  wait_until_equal(&asked, 2);
  (void)mde_engine_poll(other, 0);
  check(mde_engine_look(other, first, &response, &error) == MDE_GOING,
        "a step does not wait for a resolver that hangs");
  mde_engine_abandon(other, first);
  check(mde_engine_look(other, second, &response, &error) == MDE_GOING,
        "nor does abandoning");
  mde_engine_close(other);
  check(answered == 0, "nor does closing");
  (void)pthread_mutex_lock(&mutex);
  released = true;
  (void)pthread_cond_broadcast(&changed);
  (void)pthread_mutex_unlock(&mutex);
  wait_until_equal(&answered, 2);
}


static void test_no_address (void) {
  const mde_request request = make_request("GET", "https://example.com/");
  const outcome result = exchange(engine, &request);
  check_text(result.code, "connection", "a name that has no address");
  check(!result.sent, "  and nothing was sent");
}


int main (void) {
  tap_begin();
  engine = mde_engine_new(1000, NULL);
  test_refused();
  test_lost();
  test_timeout();
  test_shortest_timeout();
  test_handshake();
  test_resolver();
  test_no_address();
  mde_engine_close(engine);
  return tap_end();
}
