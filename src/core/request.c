/* Checks every request before it is copied or sent. */
#include "request.h"

#include <string.h>
#include <strings.h>

#include "url.h"

#define TIMEOUT_MAXIMUM 86400.0              /* seconds */
#define HEADERS_MAXIMUM ((size_t)64 * 1024)  /* bytes, names and values */


static bool refuse (mde_error *error, const char *reason) {
  mde_error_set(error, "invalid_request", "the request is refused: %s", reason);
  return false;
}


/* Method, headers, timeouts */

/* RFC 9110, 5.6.2 */
static bool is_token (const char *bytes, size_t length) {
  static const char marks[] = "!#$%&'*+-.^_`|~";
  size_t i;
  for (i = 0; i < length; i++) {
    const char c = bytes[i];
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                              || (c >= '0' && c <= '9');
    if (!alphanumeric && memchr(marks, c, sizeof marks - 1) == NULL)
      return false;
  }
  return length > 0;
}


static bool has_control (const char *bytes, size_t length) {
  size_t i;
  for (i = 0; i < length; i++) {
    const unsigned char c = (unsigned char)bytes[i];
    if (c < 0x20 || c == 0x7F) return true;
  }
  return false;
}


static bool check_header (const mde_header *header, mde_error *error) {
  if (!is_token(header->name.data, header->name.length))
    return refuse(error, "a header's name is not an HTTP token");
  if (!has_control(header->value.data, header->value.length)) return true;
  mde_error_set(error, "invalid_request", "the request is refused: the value "
                "of header '%.*s' has a control character (is there a line "
                "end in it?)", header->name.length < 60
                ? (int)header->name.length : 60, header->name.data);
  return false;
}


static bool check_headers (const mde_request *request, mde_error *error) {
  size_t room = HEADERS_MAXIMUM;
  size_t i;
  for (i = 0; i < request->header_count; i++) {
    const mde_header *header = &request->headers[i];
    if (!check_header(header, error)) return false;
    if (header->name.length > room
        || header->value.length > room - header->name.length)
      return refuse(error, "its headers have more than 64 KiB");
    room -= header->name.length + header->value.length;
  }
  return true;
}


static bool check_timeout (double seconds, const char *name,
                           mde_error *error) {
  if (seconds > 0 && seconds <= TIMEOUT_MAXIMUM) return true;
  mde_error_set(error, "invalid_request", "the request is refused: %s is %g, "
                "and must be more than 0 and at most %.0f seconds", name,
                seconds, TIMEOUT_MAXIMUM);
  return false;
}


/* Proxy */

/* Otherwise libcurl would show a proxy with an unknown scheme in its message. */
static bool check_proxy (const char *text, mde_error *error) {
  static const char *const schemes[] = { "http", "https", "socks4", "socks4a",
                                         "socks5", "socks5h" };
  CURLU *url = mde_url_parse(text, "proxy", CURLU_GUESS_SCHEME
                     | CURLU_NON_SUPPORT_SCHEME, error);
  char *scheme = NULL;
  bool known = false;
  size_t i;
  if (url == NULL) return false;
  if (mde_url_part(url, CURLUPART_SCHEME, &scheme, error)) {
    for (i = 0; i < sizeof schemes / sizeof *schemes && !known; i++)
      known = strcasecmp(scheme, schemes[i]) == 0;
    if (!known)
      (void)refuse(error, "the proxy must be an http://, https:// or socks5:// "
                          "URL");
  }
  curl_free(scheme);
  curl_url_cleanup(url);
  return known;
}


bool mde_request_check (const mde_request *request, mde_error *error) {
  if (request->method == NULL
      || !is_token(request->method, strlen(request->method)))
    return refuse(error, "its method is not an HTTP token");
  if (!check_headers(request, error)
      || !check_timeout(request->timeout, "timeout", error)
      || !check_timeout(request->connect_timeout, "connect_timeout", error))
    return false;
  return request->proxy == NULL || check_proxy(request->proxy, error);
}
