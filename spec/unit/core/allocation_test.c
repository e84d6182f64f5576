/* Memory that runs out: the nth allocation fails, n = 1, 2, ... until all goes
** well, in the core and in libcurl, once alone and once with all that follow.
**
** Whatever fails, a request ends in its answer or in an error, nothing stays
** behind, and the engine works again when there is memory.
*/
#include "exchange.h"
#include "server.h"
#include "shortage.h"

#define MAXIMUM 100000
#define LARGE 50000  /* bytes of a body that makes its buffer grow */


/* The engine while memory is short */

static server host;


/* Plays a proxy that asks for a password and refuses all the same, and a
** service that answers POST with a large body and GET with gzip. */
static void serve (server *self, int connection, int number) {
  static const char gzip[] =
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 32\r\n\r\n"
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xab\x56\x2a\x4b\xcc\x29\x4d\x55"
    "\xb2\x8a\x8e\xad\x05\x00\x42\xea\x40\x44\x0c\x00\x00\x00";
  static const char large[LARGE];
  (void)number;
  while (server_read(self, connection)) {
    if (strncmp(self->last, "CONNECT", 7) == 0)
      server_say(connection, strstr(self->last, "Proxy-Authorization") == NULL
                 ? "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"x\""
                   "\r\nContent-Length: 0\r\n\r\n"
                 : "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    else if (strncmp(self->last, "POST", 4) == 0) {
      server_say(connection, "HTTP/1.1 200 OK\r\nX-One: 1\r\nX-Two: 2\r\n"
                 "Content-Length: 50000\r\n\r\n");
      (void)server_send(connection, large, sizeof large);
    }
    else
      (void)server_send(connection, gzip, sizeof gzip - 1);
  }
}


static outcome get (mde_engine *engine) {
  const mde_request request = make_request("GET", host.url);
  return exchange(engine, &request);
}


static outcome get_twice (mde_engine *engine) {
  const outcome first = get(engine);
  return first.status == 200 ? get(engine) : first;
}


static mde_request make_large_post (const char *url) {
  static const mde_header headers[] = {
    { { "Authorization", 13 }, { "Bearer token", 12 } },
    { { "Content-Type", 12 }, { "application/json", 16 } },
    { { "X-Empty", 7 }, { "", 0 } }
  };
  mde_request request = make_post(url, "{\"Comment\":\"by mistake\"}");
  request.headers = headers;
  request.header_count = sizeof headers / sizeof *headers;
  return request;
}


static outcome post (mde_engine *engine) {
  const mde_request request = make_large_post(host.url);
  return exchange(engine, &request);
}


static outcome post_by_proxy (mde_engine *engine) {
  mde_request request = make_large_post("https://service.example/");
  char proxy[96];
  (void)snprintf(proxy, sizeof proxy, "http://user:password@127.0.0.1:%d",
                 host.port);
  request.proxy = proxy;
  return exchange(engine, &request);
}


static outcome abandon_first (mde_engine *engine) {
  const mde_request request = make_large_post(host.url);
  mde_error error;
  const int64_t id = mde_engine_start(engine, &request, &error);
  (void)mde_engine_step(engine);
  mde_engine_abandon(engine, id);
  return get(engine);
}


/* Under each failure */

typedef outcome act (mde_engine *engine);

/* The first fault, and its n; 0 if there is none. */
typedef struct fault {
  long n;
  const char *what;
} fault;


static void expect (bool good, long n, const char *what, fault *wrong) {
  if (good || wrong->n != 0) return;
  wrong->n = n;
  wrong->what = what;
}


/* libcurl does not always say that it was for want of memory: it may call a
** proxy's user malformed, or know no address of a host. */
static bool is_error (const outcome *result) {
  static const char *const codes[] = { "out_of_memory", "invalid_request",
                                       "connection", "lost" };
  size_t i;
  for (i = 0; i < sizeof codes / sizeof *codes; i++)
    if (strcmp(result->code, codes[i]) == 0)
      return result->message[0] != '\0';
  return false;
}


/* Runs `what` with the nth allocation failing. False: there was no nth. */
static bool fail_at (long n, bool lasting, act *what, const outcome *good,
                     fault *wrong) {
  const long blocks = memory.blocks;
  const int requests = host.requests;
  mde_error error = { .code = "" };
  mde_engine *engine;
  outcome result;
  shortage_at(n, lasting);
  engine = mde_engine_new(MAXIMUM, &error);
  if (engine == NULL)
    expect(strcmp(error.code, "out_of_memory") == 0, n, error.code, wrong);
  else {
    result = what(engine);
    shortage_over();
    expect((result.status == good->status
            && result.body_length == good->body_length
            && strcmp(result.code, good->code) == 0)
           || (memory.failed && is_error(&result)), n, result.code, wrong);
    expect(mde_engine_count(engine) == 0, n, "requests are left", wrong);
    expect(get(engine).status == 200, n, "the engine has had it", wrong);
    expect(result.status != 0 || result.sent || what != post
           || host.requests - requests == 1, n, "sent, and not told", wrong);
  }
  shortage_over();
  mde_engine_close(engine);
  expect(memory.blocks == blocks, n, "blocks are left", wrong);
  return memory.failed;
}


static void under_failures (const char *name, act *what, int status,
                            size_t body_length, const char *code) {
  const outcome good = { .status = status, .body_length = body_length,
                         .code = code };
  int lasting;
  for (lasting = 0; lasting < 2; lasting++) {
    fault wrong = { 0, NULL };
    long n = 1;
    while (fail_at(n, lasting, what, &good, &wrong)) n++;
    check(wrong.n == 0 && n > 1, name);
    printf("# %s of %ld\n", lasting ? "the rest" : "each", n - 1);
    if (wrong.n != 0) printf("# at %ld: %s\n", wrong.n, wrong.what);
  }
}


static outcome nothing (mde_engine *engine) {
  const outcome result = { .code = "" };
  (void)engine;
  return result;
}


int main (void) {
  tap_begin();
  shortage_begin();
  server_start(&host, serve);
  under_failures("an engine", nothing, 0, 0, "");
  under_failures("a POST", post, 200, LARGE, "");
  under_failures("two GETs over one connection", get_twice, 200, 12, "");
  under_failures("a POST by a proxy", post_by_proxy, 0, 0, "connection");
  under_failures("abandoning", abandon_first, 200, 12, "");
  server_stop(&host);
  return tap_end();
}
