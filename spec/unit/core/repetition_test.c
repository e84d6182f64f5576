/* libcurl sends again by itself when a reused connection turns out dead. What
** may have an effect must not be sent twice unseen: so the server counts. */
#include "exchange.h"
#include "server.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static mde_engine *engine;


/* Answers the first request of each connection, and reads the second in full
** before it resets the connection. A third connection answers everything. */
static void reset_second (server *self, int connection, int number) {
  int requests = 0;
  while (server_read(self, connection)) {
    if (number == 1 && ++requests == 2) {
      server_reset_at_close(connection);
      return;
    }
    server_say(connection, OK);
  }
}


/* As above, but without a word: the other side sees an end. */
static void end_second (server *self, int connection, int number) {
  int requests = 0;
  while (server_read(self, connection)) {
    if (number == 1 && ++requests == 2) return;
    server_say(connection, OK);
  }
}


static void twice (server_script *script, const char *method, const char *body,
                   const char *code, int seen, const char *name) {
  server host;
  outcome first, second;
  mde_request request;
  engine = mde_engine_new(1000, NULL);
  server_start(&host, script);
  request = make_request(method, host.url);
  request.body = body;
  request.body_length = body == NULL ? 0 : strlen(body);
  first = exchange(engine, &request);
  second = exchange(engine, &request);
  mde_engine_close(engine);
  server_stop(&host);
  check(first.status == 200, name);
  check_text(second.code, code, "  the second ends as it should");
  check(host.requests == seen, "  the server saw as many requests as it should");
  check(second.status == 200 || second.sent, "  a lost one counts as sent");
}


int main (void) {
  tap_begin();
  twice(reset_second, "POST", "{\"Comment\":\"x\"}", "lost", 2,
        "a POST on a reused connection that is reset");
  twice(end_second, "POST", "{\"Comment\":\"x\"}", "lost", 2,
        "a POST on a reused connection that ends");
  twice(reset_second, "POST", "", "lost", 2, "a POST with an empty body");
  twice(end_second, "POST", NULL, "lost", 2, "a POST without a body");
  twice(reset_second, "DELETE", NULL, "lost", 2, "a DELETE");
  twice(reset_second, "GET", NULL, "", 3,
        "a GET, which has no effect, may be sent again");
  return tap_end();
}
