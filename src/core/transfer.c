#include "transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "request.h"
#include "secret.h"

#define CONNECTION_LIFETIME 600L    /* s, so that names and certificates that
                                    ** change are seen by a busy engine too */


/* {{ Callbacks. They only move bytes. */

/* libcurl calls this when it is connected and about to send. That makes it the
** surest sign of what has left; and a second call means that libcurl is about
** to send again on another connection, which it does unasked when a reused one
** turns out dead. That is refused for whatever may have an effect. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static int on_sending (void *data, char *address, char *local_address,
                       int port, int local_port) {
  mde_transfer *transfer = (mde_transfer *)data;
  (void)address; (void)local_address; (void)port; (void)local_port;
  if (transfer->sent && !transfer->repeatable) return CURL_PREREQFUNC_ABORT;
  transfer->sent = true;
  return CURL_PREREQFUNC_OK;
}


static size_t on_body_wanted (char *to, size_t size, size_t count,
                              void *data) {
  mde_transfer *transfer = (mde_transfer *)data;
  const size_t left = transfer->body_length - transfer->body_given;
  const size_t length = left < size * count ? left : size * count;
  if (length > 0) memcpy(to, transfer->body + transfer->body_given, length);
  transfer->body_given += length;
  return length;
}


static int on_rewind_wanted (void *data, curl_off_t offset, int origin) {
  (void)data; (void)offset; (void)origin;
  return CURL_SEEKFUNC_FAIL;
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

/* }} */


/* {{ The copy of a request */

static char *put (char *to, const char *from, size_t length) {
  if (length > 0) memcpy(to, from, length);
  return to + length;
}


/* "Name: value", or "Name;" which is how libcurl is told of an empty value. */
static char *put_header (char *to, const mde_header *header) {
  to = put(to, header->name.data, header->name.length);
  if (header->value.length == 0)
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
  /* Instead of waiting for "100 Continue" a large body is just sent. */
  static struct curl_slist no_expect = { (char *)"Expect:", NULL };
  struct curl_slist **end = &transfer->header_list;
  struct curl_slist *node;
  char *text;
  size_t i;
  transfer->request_size = measure(request);
  transfer->request = malloc(transfer->request_size + 1);
  if (transfer->request == NULL) return false;
  node = (struct curl_slist *)transfer->request;
  text = (char *)(node + request->header_count);
  for (i = 0; i < request->header_count; i++, node++) {
    node->data = text;
    text = put_header(text, &request->headers[i]);
    *end = node;
    end = &node->next;
  }
  *end = transfer->sends_body ? &no_expect : NULL;
  if (request->body != NULL) {
    transfer->body = text;
    transfer->body_length = request->body_length;
    (void)put(text, request->body, request->body_length);
  }
  return true;
}


mde_transfer *mde_transfer_new (const mde_request *request,
                                size_t body_maximum, mde_error *error) {
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
  transfer->sends_body = request->body != NULL || !transfer->repeatable;
  transfer->timeout = request->timeout;
  transfer->answer.maximum = body_maximum;
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

/* }} */


/* {{ Options. What libcurl does by itself is not asked for again: verifying
** certificate and name, following no redirect, reading no .netrc. */

#define SET(option, value) \
  (ok = ok && curl_easy_setopt(easy, CURLOPT_##option, (value)) == CURLE_OK)


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


static long milliseconds (double seconds) {
  return (long)(seconds * 1000 + 0.999);
}


static bool set_connection (const mde_transfer *transfer,
                            const mde_request *request, CURL *easy) {
  bool ok = true;
  SET(NOSIGNAL, 1L);
  SET(QUICK_EXIT, 1L);  /* never wait for a resolver */
  SET(TCP_KEEPALIVE, 1L);
  SET(MAXLIFETIME_CONN, CONNECTION_LIFETIME);
  SET(TIMEOUT_MS, milliseconds(request->timeout));
  SET(CONNECTTIMEOUT_MS, milliseconds(request->connect_timeout));
  SET(PROTOCOLS_STR, transfer->https ? "https" : "http");
  if (request->http_version == MDE_HTTP_1_1)
    SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  else if (transfer->https)
    SET(PIPEWAIT, 1L);  /* rather share a connection than open another */
  return ok;
}


/* Who is trusted. libcurl keeps parsed certificates only while no folder is
** among them, and it sets a folder by default. */
static bool set_trust (const mde_request *request, CURL *easy) {
  const char *place = request->ca_file;
  struct stat status;
  bool ok = true;
  SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (place == NULL) {
    if (curl_version_info(CURLVERSION_NOW)->cainfo != NULL)
      SET(CAPATH, NULL);
  }
  else {
    const bool folder = stat(place, &status) == 0 && S_ISDIR(status.st_mode);
    SET(CAINFO, folder ? NULL : place);
    SET(CAPATH, folder ? place : NULL);
    if (request->proxy != NULL) {
      SET(PROXY_CAINFO, folder ? NULL : place);
      SET(PROXY_CAPATH, folder ? place : NULL);
    }
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
  if (transfer->header_list != NULL) SET(HTTPHEADER, transfer->header_list);
  if (transfer->sends_body) {
    SET(UPLOAD, 1L);
    SET(CUSTOMREQUEST, request->method);
    SET(INFILESIZE_LARGE, (curl_off_t)transfer->body_length);
    SET(READFUNCTION, on_body_wanted);
    SET(READDATA, transfer);
    SET(SEEKFUNCTION, on_rewind_wanted);
    SET(UPLOAD_BUFFERSIZE, 16384L);
  }
  else if (strcmp(request->method, "HEAD") == 0)
    SET(NOBODY, 1L);
  return ok;
}


bool mde_transfer_begin (mde_transfer *transfer, const mde_request *request,
                         CURL *easy) {
  transfer->easy = easy;
  return set_callbacks(transfer, easy)
         && set_connection(transfer, request, easy)
         && set_trust(request, easy)
         && set_proxy(request, easy)
         && set_request(transfer, request, easy);
}

/* }} */


/* {{ The end */

/* Whether a handshake failed because the connection ended, which may go better
** next time, and not because of what was said in it. */
static bool cut_off (const mde_transfer *transfer) {
  long number = 0;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
  return number == ECONNRESET || number == EPIPE
         || strstr(transfer->detail, "SSL_ERROR_SYSCALL") != NULL;
}


static const char *code_of (const mde_transfer *transfer, CURLcode result) {
  if (transfer->refusal != NULL) return transfer->refusal;
  switch (result) {
    case CURLE_OUT_OF_MEMORY: return "out_of_memory";
    case CURLE_OPERATION_TIMEDOUT: return "timeout";
    case CURLE_SSL_CONNECT_ERROR:
      return cut_off(transfer) ? "connection" : "tls";
    case CURLE_SSL_CERTPROBLEM: case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_SHUTDOWN_FAILED: case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS: case CURLE_USE_SSL_FAILED:
      return "tls";
    default:
      return transfer->sent ? "lost" : "connection";
  }
}


/* What libcurl said, without what a server may have put into it to fool a
** terminal, and not at all if a URL is in it. */
static const char *explain (mde_transfer *transfer, CURLcode result) {
  char *at;
  if (transfer->detail[0] == '\0' || strstr(transfer->detail, "://") != NULL)
    return curl_easy_strerror(result);
  for (at = transfer->detail; *at != '\0'; at++)
    if (*at < ' ' || *at > '~') *at = '?';
  return transfer->detail;
}


static void fail (mde_transfer *transfer, CURLcode result) {
  const char *code = code_of(transfer, result);
  const char *why = explain(transfer, result);
  mde_error *error = &transfer->error;
  char *name = NULL;
  const char *host = "the host";
  if (curl_url_get(transfer->url, CURLUPART_HOST, &name, 0) == CURLUE_OK)
    host = name;
  if (strcmp(code, "connection") == 0)
    mde_error_set(error, code, "no connection to %.100s: %s", host, why);
  else if (strcmp(code, "tls") == 0)
    mde_error_set(error, code, "no secure connection to %.100s: %s", host, why);
  else if (strcmp(code, "timeout") == 0)
    mde_error_set(error, code, "%.100s did not answer in time: %s", host, why);
  else if (strcmp(code, "too_large") == 0)
    mde_error_set(error, code, "the answer of %.100s is larger than %zu bytes, "
                  "or its header too large", host, transfer->answer.maximum);
  else if (strcmp(code, "out_of_memory") == 0)
    mde_error_set(error, code, "out of memory");
  else
    mde_error_set(error, code, "the connection to %.100s ended without a whole "
                  "answer: %s", host, why);
  error->sent = transfer->sent;
  transfer->progress = MDE_FAILED;
  curl_free(name);
}


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


CURL *mde_transfer_end (mde_transfer *transfer, CURLcode result) {
  CURL *easy = transfer->easy;
  if (result == CURLE_OK && !mde_headers_split(&transfer->headers))
    result = CURLE_OUT_OF_MEMORY;
  if (result == CURLE_OK)
    answer(transfer);
  else
    fail(transfer, result);
  curl_easy_reset(easy);
  transfer->easy = NULL;
  forget_request(transfer);
  return easy;
}

/* }} */
