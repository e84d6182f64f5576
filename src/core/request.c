/* Checks every request before it is copied or sent. */
#include "request.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define TIMEOUT_MAXIMUM 86400.0              /* seconds */
#define HEADERS_MAXIMUM ((size_t)64 * 1024)  /* bytes, names and values */


static bool refuse (mde_error *error, const char *reason) {
  mde_error_set(error, "invalid_request", "the request is refused: %s", reason);
  return false;
}


/* {{ Method, headers, timeouts */

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

/* }} */


/* {{ URL and proxy. What is refused is not shown: a URL may hold a password
** or a signature, and where is what could not be found out. */

static bool get_part (CURLU *url, CURLUPart part, char **text,
                      mde_error *error) {
  const CURLUcode code = curl_url_get(url, part, text, 0);
  if (code == CURLUE_OK) return true;
  if (code == CURLUE_OUT_OF_MEMORY)
    mde_error_set(error, "out_of_memory", "out of memory");
  else
    (void)refuse(error, curl_url_strerror(code));
  return false;
}


static CURLU *parse (const char *text, const char *what, unsigned flags,
                     mde_error *error) {
  CURLU *url = curl_url();
  const CURLUcode code = url == NULL ? CURLUE_OUT_OF_MEMORY
                         : curl_url_set(url, CURLUPART_URL, text, flags);
  if (code == CURLUE_OK) return url;
  curl_url_cleanup(url);
  if (code == CURLUE_OUT_OF_MEMORY)
    mde_error_set(error, "out_of_memory", "out of memory");
  else
    mde_error_set(error, "invalid_request", "the %s is not usable: %s", what,
                  curl_url_strerror(code));
  return NULL;
}


/* Reports whether requests to this address stay on this machine or its host: clouds provide the
** identity of a machine at a link-local address. */
static bool is_near (const char *host) {
  struct in_addr v4;
  if (strcmp(host, "[::1]") == 0) return true;
  return inet_pton(AF_INET, host, &v4) == 1
         && (ntohl(v4.s_addr) >> 24 == 127 || ntohl(v4.s_addr) >> 16 == 0xA9FE);
}


static bool check_host (CURLU *url, mde_error *error) {
  char *host = NULL;
  bool result;
  if (!get_part(url, CURLUPART_HOST, &host, error)) return false;
  result = is_near(host);
  if (!result)
    mde_error_set(error, "invalid_request", "the URL of host %.200s must "
                  "begin with https: http is for 127.0.0.1, [::1] and "
                  "169.254.0.0/16 only",
                  host);
  curl_free(host);
  return result;
}


static bool check_scheme (CURLU *url, bool proxied, bool *https,
                          mde_error *error) {
  char *scheme = NULL;
  bool http;
  if (!get_part(url, CURLUPART_SCHEME, &scheme, error)) return false;
  *https = strcasecmp(scheme, "https") == 0;
  http = strcasecmp(scheme, "http") == 0;
  curl_free(scheme);
  if (*https) return true;
  if (!http) return refuse(error, "the URL must begin with https://");
  if (!check_host(url, error)) return false;
  return !proxied
         || refuse(error, "http goes through no proxy, which could read it");
}


CURLU *mde_request_url (const mde_request *request, bool *https,
                        mde_error *error) {
  CURLU *url;
  if (request->url == NULL) {
    (void)refuse(error, "it has no URL");
    return NULL;
  }
  url = parse(request->url, "URL", CURLU_DISALLOW_USER, error);
  if (url == NULL || check_scheme(url, request->proxy != NULL, https, error))
    return url;
  curl_url_cleanup(url);
  return NULL;
}


/* Otherwise libcurl would show a proxy with an unknown scheme in its message. */
static bool check_proxy (const char *text, mde_error *error) {
  static const char *const schemes[] = { "http", "https", "socks4", "socks4a",
                                         "socks5", "socks5h" };
  CURLU *url = parse(text, "proxy", CURLU_GUESS_SCHEME
                     | CURLU_NON_SUPPORT_SCHEME, error);
  char *scheme = NULL;
  bool known = false;
  size_t i;
  if (url == NULL) return false;
  if (get_part(url, CURLUPART_SCHEME, &scheme, error)) {
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

/* }} */


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
