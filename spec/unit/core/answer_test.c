/* Tests the engine's results for the possible answers of a server. */
#include "exchange.h"
#include "server.h"

#define MAXIMUM 20000

static mde_engine *engine;


static char asked[8192];  /* the request that `keep` read */


/* A script: one request, which it keeps. */
static void keep (server *self, int connection, int number) {
  (void)number;
  if (!server_read(self, connection)) return;
  memcpy(asked, self->last, sizeof asked);
  server_say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}


/* Headers whose values are empty or blank are sent: a signature may cover them. */
static void test_blank_headers (void) {
  static const mde_header headers[] = {
    { { "X-Empty", 7 }, { "", 0 } }, { { "X-Blank", 7 }, { "  ", 2 } }
  };
  server host;
  mde_request request;
  server_start(&host, keep);
  request = make_request("GET", host.url);
  request.headers = headers;
  request.header_count = 2;
  check(exchange(engine, &request).status == 200, "a request with blank headers");
  check(strstr(asked, "\r\nX-Empty:\r\n") != NULL, "  has the empty one");
  check(strstr(asked, "\r\nX-Blank:\r\n") != NULL, "  and the blank one");
  mde_engine_close(engine);
  server_stop(&host);
  engine = mde_engine_new(MAXIMUM, NULL);
}


/* The outcome of a request whose answer is `answer`. */
static outcome given (const char *method, const char *answer) {
  server host;
  outcome result;
  mde_request request;
  server_start(&host, server_answer);
  host.answer = answer;
  request = make_request(method, host.url);
  request.http_version = MDE_HTTP_1_1;
  result = exchange(engine, &request);
  mde_engine_close(engine);  /* so that the script ends */
  server_stop(&host);
  engine = mde_engine_new(MAXIMUM, NULL);
  return result;
}


static void test_plain (void) {
  outcome result = given("GET", "HTTP/1.1 200 OK\r\nX-Name: Value\r\n"
                         "Content-Length: 2\r\n\r\n{}");
  check(result.status == 200, "status");
  check_text(result.body, "{}", "body");
  check_text(result.headers, "x-name=Value\ncontent-length=2\n",
             "header, names in lower case");
  result = given("GET", "HTTP/1.1 204 No Content\r\n\r\n");
  check(result.status == 204 && result.body_length == 0, "no body");
  result = given("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  check(result.status == 200 && result.body_length == 0,
        "an answer to HEAD has no body, whatever its length says");
  result = given("GET", "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno");
  check(result.status == 500, "an error of the server's is an answer");
  check_text(result.body, "no", "  with its body");
}


static void test_interim (void) {
  const outcome result = given("GET", "HTTP/1.1 103 Early Hints\r\nX-Early: 1"
                               "\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: 1\r\n"
                               "Content-Length: 0\r\n\r\n");
  check(result.status == 200, "an interim answer is not the answer");
  check_text(result.headers, "x-late=1\ncontent-length=0\n",
             "  nor is its header");
}


static void test_redirect (void) {
  const outcome result = given("GET", "HTTP/1.1 302 Found\r\n"
                               "Location: http://127.0.0.1:1/\r\n"
                               "Content-Length: 0\r\n\r\n");
  check(result.status == 302, "a redirect is not followed");
}


static void test_chunked (void) {
  outcome result = given("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
                         "\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  check_text(result.body, "abcde", "a chunked body");
  result = given("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "nonsense\r\n\r\n");
  check_text(result.code, "lost", "chunks that are none");
  check(result.sent, "  and the request was sent");
}


/* Endless: only the maximum ends them. */
static void send_chunks (server *self, int connection, int number) {
  char chunk[1024 + 7] = "400\r\n";
  (void)number;
  memset(chunk + 5, 'x', 1024);
  memcpy(chunk + 5 + 1024, "\r\n", 2);
  if (!server_read(self, connection)) return;
  server_say(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  while (server_send(connection, chunk, sizeof chunk)) {}
}


static void send_headers (server *self, int connection, int number) {
  (void)number;
  if (!server_read(self, connection)) return;
  server_say(connection, "HTTP/1.1 200 OK\r\n");
  while (server_send(connection, "X-More: and more and more\r\n", 27)) {}
}


/* A hundred thousand zeros. */
static void send_bomb (server *self, int connection, int number) {
  static const char bomb[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2"
    "\xa0\xf5\x4f\x6d\x0d\x0f\xa0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x57\x03\x7d\x95"
    "\x11\xd4\xa0\x86\x01\x00";
  (void)number;
  if (!server_read(self, connection)) return;
  server_say(connection, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
  (void)server_send(connection, bomb, sizeof bomb - 1);
}


static outcome from_script (server_script *script) {
  server host;
  outcome result;
  mde_request request;
  server_start(&host, script);
  request = make_request("GET", host.url);
  result = exchange(engine, &request);
  check(strstr(host.last, "Accept-Encoding: gzip\r\n") != NULL,
        "gzip is asked for");
  server_stop(&host);
  return result;
}


static void test_maxima (void) {
  outcome result = from_script(send_chunks);
  check_text(result.code, "too_large", "a chunked body without an end");
  check(result.sent, "  and the request was sent");
  result = from_script(send_headers);
  check_text(result.code, "too_large", "a header without an end");
  result = from_script(send_bomb);
  check_text(result.code, "too_large", "a gzip bomb");
}


static void test_short (void) {
  server host;
  outcome result;
  mde_request request;
  server_start(&host, server_answer);
  host.answer = "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n";
  request = make_request("GET", host.url);
  request.timeout = 0.2;
  result = exchange(engine, &request);
  server_stop(&host);
  check_text(result.code, "timeout", "a body that does not come");
  check(result.sent || host.requests == 0, "  what was received was sent");
}


/* Ends a request for 16,000 bytes, and leaves the answer where it is. */
static int64_t fetch (const mde_request *request) {
  const int64_t id = mde_engine_start(engine, request, NULL);
  mde_response response;
  mde_error error;
  while (mde_engine_look(engine, id, &response, &error) == MDE_GOING)
    (void)mde_engine_poll(engine, 1);
  return id;
}


static void send_much (server *self, int connection, int number) {
  static char much[16000];
  (void)number;
  memset(much, 'x', sizeof much);
  while (server_read(self, connection)) {
    server_say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 16000\r\n\r\n");
    (void)server_send(connection, much, sizeof much);
  }
}


static void test_maximum_of_all (void) {
  server host;
  mde_request request;
  mde_ended *taken;
  int64_t ids[4];
  int i;
  server_start(&host, send_much);
  request = make_request("GET", host.url);
  for (i = 0; i < 4; i++) ids[i] = fetch(&request);
  check_text(exchange(engine, &request).code, "too_large",
             "answers that lie here have a maximum together");
  taken = mde_engine_take(engine, ids[0]);
  check(exchange(engine, &request).status == 200, "  of which one that is taken is none");
  mde_engine_abandon(engine, ids[1]);
  check(finish(engine, ids[2]).body_length == 16000, "  and each is whole");
  mde_engine_close(engine);
  mde_ended_free(taken);  /* outlives the engine */
  server_stop(&host);
  engine = mde_engine_new(MAXIMUM, NULL);
}


int main (void) {
  tap_begin();
  engine = mde_engine_new(MAXIMUM, NULL);
  test_blank_headers();
  test_plain();
  test_interim();
  test_redirect();
  test_chunked();
  test_maxima();
  test_maximum_of_all();
  test_short();
  mde_engine_close(engine);
  return tap_end();
}
