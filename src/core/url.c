/* Parses URLs, and allows https, and http to addresses of this machine or its host only.
**
** The text of a refused URL is not shown: it may hold a password or a signature, and where is not
** known. */
#include "url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>


static bool refuse (mde_error *error, const char *reason) {
  mde_error_set(error, "invalid_request", "the request is refused: %s", reason);
  return false;
}


bool mde_url_part (CURLU *url, CURLUPart part, char **text, mde_error *error) {
  const CURLUcode code = curl_url_get(url, part, text, 0);
  if (code == CURLUE_OK) return true;
  if (code == CURLUE_OUT_OF_MEMORY)
    mde_error_set(error, "out_of_memory", "out of memory");
  else
    (void)refuse(error, curl_url_strerror(code));
  return false;
}


CURLU *mde_url_parse (const char *text, const char *what, unsigned flags, mde_error *error) {
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
  if (!mde_url_part(url, CURLUPART_HOST, &host, error)) return false;
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
  if (!mde_url_part(url, CURLUPART_SCHEME, &scheme, error)) return false;
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
  url = mde_url_parse(request->url, "URL", CURLU_DISALLOW_USER, error);
  if (url == NULL || check_scheme(url, request->proxy != NULL, https, error))
    return url;
  curl_url_cleanup(url);
  return NULL;
}
