/* Turns a failed transfer into an error. */
#include "failure.h"

#include <errno.h>
#include <string.h>


/* Reports whether a handshake failed because the connection ended, which is transient. */
static bool cut_off (const mde_transfer *transfer) {
  long number = 0;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
  return number == ECONNRESET || number == EPIPE
         || strstr(transfer->detail, "SSL_ERROR_SYSCALL") != NULL;
}


/* Reports whether the server refused the TLS connection. With TLS 1.3 that may arrive after the
** handshake; the server has read no request then, and will not read the next one. */
static bool refused (const mde_transfer *transfer, CURLcode result) {
  static const char *const alerts[] = {
    "alert certificate required", "alert bad certificate",
    "alert unsupported certificate", "alert certificate revoked",
    "alert certificate expired", "alert certificate unknown",
    "alert unknown ca", "alert access denied", "alert handshake failure"
  };
  size_t i;
  if (result != CURLE_RECV_ERROR && result != CURLE_SEND_ERROR) return false;
  for (i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
    if (strstr(transfer->detail, alerts[i]) != NULL) return true;
  return false;
}


static const char *code_of (const mde_transfer *transfer, CURLcode result) {
  if (transfer->refusal != NULL) return transfer->refusal;
  if (refused(transfer, result)) return "tls";
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


/* libcurl's message, without characters that a terminal would interpret; empty if it contains a
** URL. */
static const char *explain (mde_transfer *transfer, CURLcode result) {
  char *at;
  if (transfer->detail[0] == '\0' || strstr(transfer->detail, "://") != NULL)
    return curl_easy_strerror(result);
  for (at = transfer->detail; *at != '\0'; at++)
    if (*at < ' ' || *at > '~') *at = '?';
  return transfer->detail;
}


void mde_failure_tell (mde_transfer *transfer, CURLcode result,
                       mde_error *error) {
  const char *code = code_of(transfer, result);
  const char *why = explain(transfer, result);
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
                  "its header is too large, or all answers at once are", host,
                  transfer->answer.maximum);
  else if (strcmp(code, "out_of_memory") == 0)
    mde_error_set(error, code, "out of memory");
  else
    mde_error_set(error, code, "the connection to %.100s ended without a whole "
                  "answer: %s", host, why);
  error->sent = transfer->sent && !refused(transfer, result);
  curl_free(name);
}
