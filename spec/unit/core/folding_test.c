/* A first header line that begins with a blank continues the line before it, and
** there is none: libcurl 7.88 takes that of an earlier transfer, if the handle has
** had one. A server and a proxy answer so, over connections that are reused.
**
** folding_test [ANSWERS]: each of them gives so many (default 400). */
#include "exchange.h"
#include "server.h"

#define FOLDED " folded: onto what came before\r\nX-Next: 1\r\n"

static int answers = 400;


/* Every other answer is folded, so that each has a whole one before it. */
static void fold (server *self, int connection, int number) {
  (void)number;
  while (server_read(self, connection))
    server_say(connection, self->requests % 2 == 0
               ? "HTTP/1.1 200 OK\r\nX-First: 1\r\nContent-Length: 2\r\n\r\nok"
               : "HTTP/1.1 200 OK\r\n" FOLDED "Content-Length: 2\r\n\r\nok");
}


/* Within one exchange, behind the header of an interim answer. */
static void fold_later (server *self, int connection, int number) {
  (void)number;
  while (server_read(self, connection))
    server_say(connection, "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\n"
               "HTTP/1.1 200 OK\r\n" FOLDED "Content-Length: 2\r\n\r\nok");
}


/* Asks for a password, and refuses over the same connection. */
static void fold_proxy (server *self, int connection, int number) {
  (void)number;
  while (server_read(self, connection))
    server_say(connection, strstr(self->last, "Proxy-Authorization") == NULL
               ? "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                 "Content-Length: 0\r\n\r\n"
               : "HTTP/1.1 403 No\r\n" FOLDED "Content-Length: 0\r\n\r\n");
}


/* As above, and the first one is folded already. */
static void fold_proxy_first (server *self, int connection, int number) {
  (void)number;
  while (server_read(self, connection))
    server_say(connection, "HTTP/1.1 407 Who?\r\n" FOLDED "Proxy-Authenticate: "
               "Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n");
}


/* Requests until the server has given the answers. -> how many ended neither by the
** answer nor by an error with this code */
static int count_others (server *host, const mde_request *request, const char *code) {
  mde_engine *engine = mde_engine_new(1000, NULL);
  int others = 0;
  while (host->requests < answers) {
    const outcome result = exchange(engine, request);
    if (result.status != 200 && strcmp(result.code, code) != 0) others++;
  }
  mde_engine_close(engine);
  return others;
}


static void from_server (server_script *script, const char *name) {
  server host;
  mde_request request;
  server_start(&host, script);
  request = make_request("GET", host.url);
  check(count_others(&host, &request, "lost") == 0, name);
  check(host.connections <= host.requests / 2 + 1, "  over connections that are reused");
  server_stop(&host);
}


static void from_proxy (server_script *script, const char *name) {
  server host;
  char proxy[96];
  mde_request request = make_request("GET", "https://service.example/");
  server_start(&host, script);
  (void)snprintf(proxy, sizeof proxy, "http://user:password@127.0.0.1:%d", host.port);
  request.proxy = proxy;
  check(count_others(&host, &request, "connection") == 0, name);
  server_stop(&host);
}


int main (int count, char **arguments) {
  if (count > 1) answers = (int)strtol(arguments[1], NULL, 10);
  tap_begin();
  from_server(fold, "a server folds the first header line of every other answer");
  from_server(fold_later, "a server does so behind an interim answer");
  from_proxy(fold_proxy, "a proxy does so in its second answer");
  from_proxy(fold_proxy_first, "a proxy does so in its first answer");
  printf("# %d answers each\n", answers);
  return tap_end();
}
