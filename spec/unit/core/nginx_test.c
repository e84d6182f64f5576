/* Exchanges with a real server, over TLS too, and who is believed to be it. */
#include "exchange.h"
#include "nginx.h"
#include "server.h"

static mde_engine *engine;


static mde_request make (const char *method, const char *format,
                         const char *port) {
  static char url[128];
  mde_request request;
  (void)snprintf(url, sizeof url, format, nginx_port(port));
  request = make_request(method, url);
  request.ca_file = nginx_file("ca.pem");
  return request;
}


static outcome ask (const char *format, const char *port) {
  const mde_request request = make("GET", format, port);
  return exchange(engine, &request);
}


static void test_post (void) {
  static char large[200000];
  const mde_header type = { { "Content-Type", 12 }, { "text/plain", 10 } };
  mde_request request = make("POST", "http://127.0.0.1:%d/echo", "HTTP_PORT");
  request.headers = &type;
  request.header_count = 1;
  request.body = "by mistake";
  request.body_length = 10;
  check_text(exchange(engine, &request).body,
             "HTTP/1.1 POST 10 text/plain|by mistake", "a POST over HTTP");
  request = make("POST", "https://127.0.0.1:%d/echo", "H2_PORT");
  request.body = "";
  check_text(exchange(engine, &request).body, "HTTP/2.0 POST 0 |",
             "an empty POST over HTTP/2");
  memset(large, 'x', sizeof large);
  request.body = large;
  request.body_length = sizeof large;
  check(exchange(engine, &request).status == 200, "a large POST over HTTP/2");
  request = make("DELETE", "http://127.0.0.1:%d/echo", "HTTP_PORT");
  check_text(exchange(engine, &request).body, "HTTP/1.1 DELETE 0 |",
             "a DELETE without a body");
}


/* That server answers over HTTP/2 before it has read the body, and then does not
** want it any more. */
static void test_early_answers (void) {
  mde_request request = make("POST", "https://127.0.0.1:%d/reply", "H2_PORT");
  int answers = 0;
  int i;
  request.body = "by mistake";
  request.body_length = 10;
  for (i = 0; i < 30; i++)
    if (strcmp(exchange(engine, &request).body, " POST  |") == 0) answers++;
  check(answers == 30, "an answer that comes before the body was read");
}


static void test_protocols (void) {
  mde_request request = make("GET", "https://localhost:%d/connection", "H2_PORT");
  outcome result = exchange(engine, &request);
  check(strstr(result.body, " HTTP/2.0 TLSv1.3") != NULL,
        "HTTP/2 where it is spoken");
  request.http_version = MDE_HTTP_1_1;
  result = exchange(engine, &request);
  check(strstr(result.body, " HTTP/1.1 TLSv1.3") != NULL,
        "HTTP/1.1 where it is asked for");
  check(strstr(ask("https://127.0.0.1:%d/connection", "H1_PORT").body,
               " HTTP/1.1 ") != NULL, "HTTP/1.1 where no other is spoken");
  check(strstr(ask("https://[::1]:%d/connection", "H2_PORT").body,
               " HTTP/2.0 ") != NULL, "an address of IPv6");
  check(strstr(ask("http://[::1]:%d/connection", "HTTP_PORT").body,
               " HTTP/1.1 ") != NULL, "  without TLS");
}


static void test_connections (void) {
  const outcome first = ask("https://127.0.0.1:%d/connection", "H1_PORT");
  const outcome second = ask("https://127.0.0.1:%d/connection", "H1_PORT");
  check(first.status == 200, "a connection is kept");
  check_text(second.body, first.body, "  and serves the next request");
}


/* The server closes the connection after each answer. "r": the handshake resumed a
** session, ".": it did not. */
static void test_sessions (void) {
  int resumed = 0;
  int i;
  check_text(ask("https://127.0.0.1:%d/handshake", "H1_PORT").body, ".",
             "the first handshake is a whole one");
  for (i = 0; i < 10; i++)
    if (strcmp(ask("https://127.0.0.1:%d/handshake", "H1_PORT").body, "r") == 0) resumed++;
  check(resumed == 10, "  and each later one resumes its session");
}


static void test_answers (void) {
  outcome result = ask("http://127.0.0.1:%d/moved", "HTTP_PORT");
  check(result.status == 302 && strstr(result.headers, "location=") != NULL,
        "a redirect is an answer");
  result = ask("http://127.0.0.1:%d/long", "HTTP_PORT");
  check(strncmp(result.body, "{\"text\":\"aaa", 12) == 0
        && strstr(result.headers, "content-encoding=gzip\n") != NULL,
        "what comes compressed is uncompressed");
  check(ask("http://127.0.0.1:%d/nowhere", "HTTP_PORT").status == 404,
        "there is no such page");
}


static void distrusted (const mde_request *request, const char *name) {
  const outcome result = exchange(engine, request);
  check_text(result.code, "tls", name);
  check(!result.sent, "  and nothing is sent");
}


static void test_trust (void) {
  mde_request request = make("POST", "https://127.0.0.1:%d/reply", "H2_PORT");
  request.body = "{}";
  request.body_length = 2;
  request.ca_file = nginx_file("ca");
  check(exchange(engine, &request).status == 200, "a folder of authorities");
  mde_engine_close(engine);  /* and its connections, which are trusted */
  engine = mde_engine_new(100000, NULL);
  request.ca_file = nginx_file("other-ca.pem");
  distrusted(&request, "another authority");
  request.ca_file = nginx_file("nothing.pem");
  distrusted(&request, "a file that is not there");
  request.ca_file = nginx_file("server.key");
  distrusted(&request, "a file without certificates");
  request.ca_file = NULL;
  distrusted(&request, "the system's authorities");
  request = make("POST", "https://127.0.0.1:%d/", "ELSEWHERE_PORT");
  distrusted(&request, "a certificate of another name");
}


/* A proxy that tunnels to nginx */

static void copy_bytes (int from, int to, bool *open) {
  char bytes[4096];
  const ssize_t length = recv(from, bytes, sizeof bytes, 0);
  *open = length > 0 && server_send(to, bytes, (size_t)length);
}


static void tunnel (server *self, int connection, int number) {
  struct sockaddr_in address;
  const int other = socket(AF_INET, SOCK_STREAM, 0);
  struct pollfd events[2] = { { connection, POLLIN, 0 }, { other, POLLIN, 0 } };
  bool open = true;
  (void)number;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons((uint16_t)nginx_port("H2_PORT"));
  if (!server_read(self, connection)
      || connect(other, (struct sockaddr *)&address, sizeof address) != 0)
    server_fail("tunnel");
  server_say(connection, "HTTP/1.1 200 Connected\r\nX-Proxy: 1\r\n\r\n");
  while (open && poll(events, 2, -1) > 0) {
    if (events[0].revents != 0) copy_bytes(connection, other, &open);
    if (open && events[1].revents != 0) copy_bytes(other, connection, &open);
  }
  (void)close(other);
}


static void refuse (server *self, int connection, int number) {
  (void)number;
  (void)server_read(self, connection);
  server_say(connection, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
}


static outcome by_proxy (server *host, server_script *script) {
  const mde_header token = { { "Authorization", 13 }, { "Bearer token", 12 } };
  mde_request request = make("POST", "https://localhost:%d/reply", "H2_PORT");
  outcome result;
  server_start(host, script);
  request.headers = &token;
  request.header_count = 1;
  request.body = "{}";
  request.body_length = 2;
  request.proxy = host->url;
  result = exchange(engine, &request);
  mde_engine_close(engine);  /* so that the script ends */
  server_stop(host);
  engine = mde_engine_new(100000, NULL);
  return result;
}


static void test_proxy (void) {
  server host;
  outcome result = by_proxy(&host, tunnel);
  check(result.status == 200, "a proxy");
  check(strncmp(host.last, "CONNECT localhost:", 18) == 0
        && strstr(host.last, "token") == NULL, "  does not see the token");
  check(strstr(result.headers, "x-proxy") == NULL,
        "  nor is its header the answer's");
  result = by_proxy(&host, refuse);
  check_text(result.code, "connection", "a proxy that refuses");
  check(!result.sent, "  and nothing is sent");
}


static void tests (void) {
  engine = mde_engine_new(100000, NULL);
  test_post();
  test_early_answers();
  test_protocols();
  test_sessions();
  test_connections();
  test_answers();
  test_trust();
  test_proxy();
  mde_engine_close(engine);
}


int main (void) {
  return nginx_run(tests);
}
