/* One request in flight: its easy handle, its copy of the request and its answer. */
#include "transfer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "failure.h"
#include "global.h"
#include "request.h"
#include "url.h"
#include "secret.h"

#define CONNECTION_LIFETIME 600L    /* s, so that names and certificates that
                                    ** change are seen by a busy engine too */


/* Callbacks. They only move bytes. */

/* libcurl calls this when it is connected and about to send, so it shows whether a
** request was sent. A second call means that libcurl is about to send again on
** another connection, which it does if a reused one is dead. That is refused for
** requests that may have an effect. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static int on_sending (void *data, char *address, char *local_address,
                       int port, int local_port) {
  mde_transfer *transfer = (mde_transfer *)data;
  (void)address; (void)local_address; (void)port; (void)local_port;
  if (transfer->sent && !transfer->repeatable) return CURL_PREREQFUNC_ABORT;
  transfer->sent = true;
  return CURL_PREREQFUNC_OK;
}


static size_t on_header (char *line, size_t size, size_t count, void *data) {
  mde_transfer *transfer = (mde_transfer *)data;
  const size_t length = size * count;
  transfer->refusal = mde_headers_add(&transfer->headers, line, length);
  return transfer->refusal == NULL ? length : 0;
}


static size_t on_answer (char *bytes, size_t size, size_t count, void *data) {
  mde_transfer *transfer = (mde_transfer *)data;
  const size_t length = size * count;
  transfer->refusal = mde_buffer_add(&transfer->answer, bytes, length);
  return transfer->refusal == NULL ? length : 0;
}


/* The copy of a request */

static char *put (char *to, const char *from, size_t length) {
  if (length > 0) memcpy(to, from, length);
  return to + length;
}


/* A value of blanks is the same as an empty one (RFC 9110, 5.5). */
static bool is_blank (const mde_bytes *value) {
  size_t i;
  for (i = 0; i < value->length; i++)
    if (value->data[i] != ' ') return false;
  return true;
}


/* "Name: value", or "Name;", without which libcurl does not send a blank value. */
static char *put_header (char *to, const mde_header *header) {
  to = put(to, header->name.data, header->name.length);
  if (is_blank(&header->value))
    *to++ = ';';
  else {
    to = put(to, ": ", 2);
    to = put(to, header->value.data, header->value.length);
  }
  *to++ = '\0';
  return to;
}


static size_t measure (const mde_request *request) {
  size_t size = request->header_count * sizeof(struct curl_slist);
  size_t i;
  for (i = 0; i < request->header_count; i++)
    size += request->headers[i].name.length
            + request->headers[i].value.length + 3;
  return size + (request->body != NULL ? request->body_length : 0);
}


/* libcurl only reads the list: it need not be made by curl_slist_append, which
** would leave copies that can't be overwritten. */
static bool copy (mde_transfer *transfer, const mde_request *request) {
  /* Removes headers that libcurl would add: a large body is sent without waiting for
  ** "100 Continue", and the caller states its type. */
  static struct curl_slist no_expect = { (char *)"Expect:", NULL };
  static struct curl_slist no_type = { (char *)"Content-Type:", &no_expect };
  struct curl_slist **end = &transfer->header_list;
  struct curl_slist *node;
  char *text;
  const size_t size = measure(request);
  size_t i;
  transfer->request = malloc(size + 1);
  if (transfer->request == NULL) return false;
  transfer->request_size = size;
  node = (struct curl_slist *)transfer->request;
  text = (char *)(node + request->header_count);
  for (i = 0; i < request->header_count; i++, node++) {
    node->data = text;
    text = put_header(text, &request->headers[i]);
    *end = node;
    end = &node->next;
  }
  *end = transfer->sends_body ? &no_type : NULL;
  if (request->body != NULL) {
    transfer->body = text;
    transfer->body_length = request->body_length;
    (void)put(text, request->body, request->body_length);
  }
  return true;
}


mde_transfer *mde_transfer_new (const mde_request *request, size_t body_maximum,
                                mde_pool *pool, mde_error *error) {
  mde_transfer *transfer;
  if (!mde_request_check(request, error)) return NULL;
  transfer = (mde_transfer *)calloc(1, sizeof *transfer);
  if (transfer == NULL) {
    mde_error_set(error, "out_of_memory", "out of memory");
    return NULL;
  }
  transfer->url = mde_request_url(request, &transfer->https, error);
  transfer->repeatable = strcmp(request->method, "GET") == 0
                         || strcmp(request->method, "HEAD") == 0;
  transfer->may_share = transfer->https && request->http_version != MDE_HTTP_1_1;
  transfer->sends_body = request->body != NULL || !transfer->repeatable;
  transfer->answer.maximum = body_maximum;
  transfer->answer.pool = pool;
  if (transfer->url != NULL) {
    if (copy(transfer, request)) return transfer;
    mde_error_set(error, "out_of_memory", "out of memory");
  }
  mde_transfer_free(transfer);
  return NULL;
}


static void forget_request (mde_transfer *transfer) {
  mde_wipe(transfer->request, transfer->request_size);
  free(transfer->request);
  transfer->request = NULL;
  transfer->request_size = 0;
  transfer->header_list = NULL;
  transfer->body = NULL;
}


void mde_transfer_free (mde_transfer *transfer) {
  if (transfer == NULL) return;
  forget_request(transfer);
  curl_url_cleanup(transfer->url);
  mde_headers_free(&transfer->headers);
  mde_buffer_free(&transfer->answer);
  free(transfer);
}


/* Options. What libcurl does by itself is not asked for: verifying
** certificate and name, following no redirect, reading no .netrc. */

#define SET(option, value) \
  (ok = ok && curl_easy_setopt(easy, CURLOPT_##option, (value)) == CURLE_OK)


/* Otherwise the program's children would inherit libcurl's sockets. */
static curl_socket_t open_socket (void *data, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)data; (void)purpose;
#ifdef SOCK_CLOEXEC
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
  const int made = socket(address->family, address->socktype, address->protocol);
  if (made >= 0) (void)fcntl(made, F_SETFD, FD_CLOEXEC);
  return made;
#endif
}


static bool set_callbacks (mde_transfer *transfer, CURL *easy) {
  bool ok = true;
  SET(PRIVATE, transfer);
  SET(ERRORBUFFER, transfer->detail);
  SET(PREREQFUNCTION, on_sending);
  SET(PREREQDATA, transfer);
  SET(HEADERFUNCTION, on_header);
  SET(HEADERDATA, transfer);
  SET(WRITEFUNCTION, on_answer);
  SET(WRITEDATA, transfer);
  return ok;
}


/* Never 0, which libcurl takes for no timeout at all. */
static long milliseconds (double seconds) {
  const long whole = (long)(seconds * 1000);
  return (double)whole < seconds * 1000 ? whole + 1 : whole;
}


static bool set_connection (const mde_transfer *transfer, const mde_request *request,
                            CURLSH *sessions, CURL *easy) {
  bool ok = true;
  SET(SHARE, sessions);
  SET(OPENSOCKETFUNCTION, open_socket);
  SET(NOSIGNAL, 1L);
  SET(QUICK_EXIT, 1L);  /* never wait for a resolver */
  SET(TCP_KEEPALIVE, 1L);
  SET(MAXLIFETIME_CONN, CONNECTION_LIFETIME);
  SET(TIMEOUT_MS, milliseconds(request->timeout));
  SET(CONNECTTIMEOUT_MS, milliseconds(request->connect_timeout));
  SET(PROTOCOLS_STR, transfer->https ? "https" : "http");
  SET(HTTP_VERSION, request->http_version == MDE_HTTP_1_1
                    ? (long)CURL_HTTP_VERSION_1_1
                    : (long)CURL_HTTP_VERSION_2TLS);
  return ok;
}


/* The last answer is remembered: it is the same for all requests of a client. */
static bool is_folder (const char *place) {
  static _Thread_local char last[256];
  static _Thread_local bool last_is_folder;
  const size_t size = strlen(place) + 1;
  struct stat status;
  if (strcmp(place, last) == 0) return last_is_folder;
  if (stat(place, &status) != 0) return false;
  if (size <= sizeof last) {
    memcpy(last, place, size);
    last_is_folder = S_ISDIR(status.st_mode);
  }
  return S_ISDIR(status.st_mode);
}


/* Trusts the authorities in a file or those in a folder, not both, which is libcurl's default:
** it caches parsed certificates only if no folder is given. */
static bool set_trust (const mde_request *request, CURL *easy) {
  const char *file = request->ca_file, *folder = NULL;
  bool ok = true;
  if (file == NULL)
    mde_trusted(&file, &folder);
  else if (is_folder(file)) {
    folder = file;
    file = NULL;
  }
  SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CAINFO, file);
  SET(CAPATH, folder);
  if (request->proxy != NULL) {
    SET(PROXY_CAINFO, file);
    SET(PROXY_CAPATH, folder);
  }
  return ok;
}


/* The empty texts keep libcurl from reading the environment. */
static bool set_proxy (const mde_request *request, CURL *easy) {
  bool ok = true;
  SET(PROXY, request->proxy == NULL ? "" : request->proxy);
  if (request->proxy != NULL) {
    SET(NOPROXY, "");
    SET(PROXYAUTH, CURLAUTH_ANY);
    SET(PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  }
  return ok;
}


static bool set_request (mde_transfer *transfer, const mde_request *request,
                         CURL *easy) {
  bool ok = true;
  SET(CURLU, transfer->url);
  SET(ACCEPT_ENCODING, "gzip");
  SET(HTTPHEADER, transfer->header_list);
  if (transfer->sends_body) {
    SET(CUSTOMREQUEST, request->method);
    SET(POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body_length);
    SET(POSTFIELDS, transfer->body != NULL ? transfer->body : "");
  }
  else if (strcmp(request->method, "HEAD") == 0)
    SET(NOBODY, 1L);
  return ok;
}


CURLSH *mde_sessions_new (void) {
  CURLSH *sessions = curl_share_init();
  if (sessions == NULL
      || curl_share_setopt(sessions, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
    return sessions;
  (void)curl_share_cleanup(sessions);
  return NULL;
}


bool mde_transfer_begin (mde_transfer *transfer, const mde_request *request, CURLSH *sessions) {
  CURL *easy = curl_easy_init();
  transfer->easy = easy;
  return easy != NULL
         && set_callbacks(transfer, easy)
         && set_connection(transfer, request, sessions, easy)
         && set_trust(request, easy)
         && set_proxy(request, easy)
         && set_request(transfer, request, easy);
}


/* The end */

static void answer (mde_transfer *transfer) {
  mde_response *response = &transfer->response;
  curl_off_t microseconds = 0;
  long status = 0;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
  response->status = (int)status;
  response->seconds = (double)microseconds * 1e-6;
  response->headers = transfer->headers.list;
  response->header_count = transfer->headers.count;
  response->body.data = transfer->answer.length > 0 ? transfer->answer.data : "";
  response->body.length = transfer->answer.length;
  transfer->progress = MDE_ANSWERED;
}


/* Reports whether libcurl only failed to send the rest of the request: an HTTP/2 server that has
** answered (with 401, for example) need not read it. libcurl 7.88 reports that as an error, the
** only one of HTTP/2 without a text. */
static bool answered_early (const mde_transfer *transfer, CURLcode result) {
  long status = 0;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  return result == CURLE_HTTP2_STREAM && transfer->detail[0] == '\0'
         && status >= 200;
}


void mde_transfer_end (mde_transfer *transfer, CURLcode result) {
  if (answered_early(transfer, result)) result = CURLE_OK;
  if (result == CURLE_OK && !mde_headers_split(&transfer->headers))
    result = CURLE_OUT_OF_MEMORY;
  if (result == CURLE_OK)
    answer(transfer);
  else {
    mde_failure_tell(transfer, result, &transfer->error);
    transfer->progress = MDE_FAILED;
    mde_buffer_free(&transfer->answer);
  }
  curl_easy_cleanup(transfer->easy);
  transfer->easy = NULL;
  forget_request(transfer);
}


void mde_transfer_lose (mde_transfer *transfer) {
  transfer->easy = NULL;
  transfer->host = NULL;
  transfer->progress = MDE_FAILED;
  mde_error_set(&transfer->error, "lost", "the request was started before a fork, by another "
                "process");
  transfer->error.sent = true;
  forget_request(transfer);
}
