/* Many requests at once: how many connections they take, and when their time begins. */
#include <fcntl.h>

#include "core/queue.h"
#include "exchange.h"
#include "nginx.h"
#include "server.h"

#define MANY 600


/* Counts the sockets of this process to a port. */
static int count_connections (int port) {
  int count = 0;
  int fd;
  for (fd = 3; fd < 2048; fd++) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    memset(&peer, 0, sizeof peer);
    if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0
        && peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
      count++;
  }
  return count;
}


static mde_request make (const char *scheme, const char *port) {
  static char url[64];
  mde_request request;
  (void)snprintf(url, sizeof url, "%s://127.0.0.1:%d/connection", scheme, nginx_port(port));
  request = make_request("GET", url);
  request.ca_file = nginx_file("ca.pem");
  return request;
}


static void start_many (mde_engine *engine, const mde_request *request, int64_t *ids, int count) {
  int i;
  for (i = 0; i < count; i++) ids[i] = mde_engine_start(engine, request, NULL);
}


static void test_many (const char *scheme, const char *port, int expected, const char *name) {
  const mde_request request = make(scheme, port);
  mde_engine *engine = mde_engine_new(1000000, NULL);
  int64_t ids[MANY];
  int most = 0, answers = 0;
  int i;
  start_many(engine, &request, ids, MANY);
  while (mde_engine_poll(engine, 1) < MANY) {
    const int connections = count_connections(nginx_port(port));
    if (connections > most) most = connections;
  }
  for (i = 0; i < MANY; i++) answers += finish(engine, ids[i]).status == 200;
  check(answers == MANY, name);
  check(most > 0 && most <= expected, "  over few connections");
  printf("# %d at most\n", most);
  mde_engine_close(engine);
}


static void be_silent (server *self, int connection, int number) {
  (void)number;
  while (server_read(self, connection)) {}
}


/* Those that left end all at once, by their timeout. */
static void test_timeouts (void) {
  enum { LEFT = MDE_HOST_CONNECTIONS, ALL = LEFT + 8 };
  mde_engine *engine = mde_engine_new(1000000, NULL);
  server host;
  mde_request request;
  mde_response response;
  mde_error error;
  int64_t ids[ALL];
  int going = 0;
  int i;
  server_start(&host, be_silent);
  request = make_request("GET", host.url);
  request.timeout = 0.5;
  start_many(engine, &request, ids, ALL);
  while (mde_engine_poll(engine, 1) == 0) {}
  for (i = LEFT; i < ALL; i++)
    going += mde_engine_look(engine, ids[i], &response, &error) == MDE_GOING;
  check(going == ALL - LEFT, "a request's time begins when it leaves");
  for (i = 0; i < LEFT; i++) mde_engine_abandon(engine, ids[i]);
  for (i = LEFT; i < ALL - 1; i += 2) mde_engine_abandon(engine, ids[i]);
  check_text(finish(engine, ids[ALL - 1]).code, "timeout", "  and ends");
  mde_engine_close(engine);
  server_stop(&host);
}


static void test_abandoned (void) {
  const mde_request request = make("http", "HTTP_PORT");
  mde_engine *engine = mde_engine_new(1000000, NULL);
  int64_t ids[MANY];
  int i;
  start_many(engine, &request, ids, MANY);
  for (i = 0; i < MANY; i++)
    if (i % 7 != 0) mde_engine_abandon(engine, ids[i]);
  for (i = 0; i < MANY; i += 7)
    if (finish(engine, ids[i]).status != 200) break;
  check(i >= MANY && mde_engine_count(engine) == 0,
        "those that are abandoned while they wait hold up no other");
  start_many(engine, &request, ids, MANY);
  mde_engine_close(engine);
}


static void tests (void) {
  test_many("https", "H2_PORT", 1, "many requests over HTTP/2");
  test_many("https", "H1_PORT", MDE_HOST_CONNECTIONS, "many requests over HTTP/1.1 and TLS");
  test_many("http", "HTTP_PORT", MDE_HOST_CONNECTIONS, "many requests over HTTP/1.1");
  test_timeouts();
  test_abandoned();
}


int main (void) {
  return nginx_run(tests);
}
