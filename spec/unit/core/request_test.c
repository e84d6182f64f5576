/* Tests the requests that the engine refuses, and that errors show no secret. */
#include <math.h>

#include "exchange.h"

static mde_engine *engine;


static outcome start (const mde_request *request) {
  mde_error error = { .code = "" };
  outcome result;
  const int64_t id = mde_engine_start(engine, request, &error);
  fill(&result, MDE_FAILED, NULL, &error);
  mde_engine_abandon(engine, id);
  return result;
}


static void refused (const mde_request *request, const char *name) {
  const outcome result = start(request);
  check_text(result.code, "invalid_request", name);
  check(!result.sent && strstr(result.message, "hunter2") == NULL,
        "  nothing was sent, nothing secret is shown");
}


static void accepted (const mde_request *request, const char *name) {
  check_text(start(request).code, "", name);
}


static void test_urls (void) {
  static const char *const bad[] = {
    "http://example.com/", "http://10.0.0.1/", "http://localhost/",
    "http://127.0.0.1.example.com/", "http://[::2]/", "http://1270.0.0.1/",
    "https://user:hunter2@example.com/", "https://hunter2@example.com/",
    "ftp://127.0.0.1/", "file:///etc/passwd", "example.com/?key=hunter2", "",
    "https://example.com/\r\nX: hunter2", "https://", "https://a b/",
    "https://example.com:port/", "http://169.255.0.1/", "http://169.253.1.1/"
  };
  static const char *const good[] = {
    "https://example.com/", "HTTPS://example.com", "http://127.0.0.1/",
    "http://127.8.9.1/", "http://[::1]:8080/x?y=z", "http://2130706433/",
    "http://169.254.169.254/metadata/", "http://169.254.130.2:8081/msi/token"
  };
  mde_request request = make_request("GET", NULL);
  size_t i;
  refused(&request, "no URL");
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    request.url = bad[i];
    refused(&request, bad[i][0] == '\0' ? "(empty)" : i == 12 ? "a line end"
                      : bad[i]);
  }
  for (i = 0; i < sizeof good / sizeof *good; i++) {
    request.url = good[i];
    accepted(&request, good[i]);
  }
}


static void test_methods (void) {
  mde_request request = make_request(NULL, "https://example.com/");
  refused(&request, "no method");
  request.method = "";
  refused(&request, "an empty method");
  request.method = "GET /x HTTP/1.1\r\nX: hunter2";
  refused(&request, "a method with a line end");
  request.method = "PATCH";
  accepted(&request, "another method");
}


static void test_header (const char *name, const char *value, size_t length,
                         bool good, const char *what) {
  mde_request request = make_request("GET", "https://example.com/");
  const mde_header header = { { name, strlen(name) }, { value, length } };
  request.headers = &header;
  request.header_count = 1;
  (good ? accepted : refused)(&request, what);
}


static void test_headers (void) {
  test_header("X-A", "1\r\nX-B: hunter2", 16, false, "a line end in a value");
  test_header("X-A", "1\nhunter2", 9, false, "a bare LF in a value");
  test_header("X-A", "hunter2\0", 8, false, "a NUL in a value");
  test_header("X-A", "hunter2\x7f", 8, false, "a DEL in a value");
  test_header("X-A", "\thunter2", 8, false, "a tab in a value");
  test_header("X-A: 1\r\nX-B", "hunter2", 7, false, "a line end in a name");
  test_header("X A", "hunter2", 7, false, "a blank in a name");
  test_header("", "hunter2", 7, false, "an empty name");
  test_header("X-\xc3\xa4", "hunter2", 7, false, "a name that is not ASCII");
  test_header("X-A", "", 0, true, "an empty value is allowed");
  test_header("X-A", "caf\xc3\xa9", 5, true, "bytes above 0x7f are allowed");
}


static void test_large_headers (void) {
  static char value[64 * 1024];
  mde_request request = make_request("GET", "https://example.com/");
  mde_header headers[2] = { { { "X-A", 3 }, { value, sizeof value - 6 } },
                            { { "X-B", 3 }, { value, 0 } } };
  memset(value, 'x', sizeof value);
  request.headers = headers;
  request.header_count = 2;
  accepted(&request, "64 KiB of headers");
  headers[1].value.length = 1;
  refused(&request, "one byte more");
}


static void test_timeouts (void) {
  static const double bad[] = { 0, -1, 1e9, NAN, INFINITY };
  mde_request request;
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    request = make_request("GET", "https://example.com/");
    request.timeout = bad[i];
    refused(&request, "a timeout that is none");
    request = make_request("GET", "https://example.com/");
    request.connect_timeout = bad[i];
    refused(&request, "a connect_timeout that is none");
  }
}


static void test_proxies (void) {
  static const char *const bad[] = {
    "ftp://hunter2@proxy:21", "http://user:hunter2@/", "",
    "nonsense://user:hunter2@proxy", "http://user:hunter2@proxy\r\n:1"
  };
  static const char *const good[] = {
    "http://user:hunter2@proxy:3128", "proxy:3128", "https://proxy",
    "socks5h://proxy:1080"
  };
  mde_request request = make_request("GET", "https://example.com/");
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    request.proxy = bad[i];
    refused(&request, "a proxy that is none");
  }
  for (i = 0; i < sizeof good / sizeof *good; i++) {
    request.proxy = good[i];
    accepted(&request, "a proxy");
  }
  request.url = "http://127.0.0.1/";
  refused(&request, "http, which a proxy could read");
}


int main (void) {
  tap_begin();
  engine = mde_engine_new(1000, NULL);
  test_urls();
  test_methods();
  test_headers();
  test_large_headers();
  test_timeouts();
  test_proxies();
  check(mde_engine_count(engine) == 0, "nothing is left of any of them");
  mde_engine_close(engine);
  return tap_end();
}
