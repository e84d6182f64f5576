/* The engine: the only part that touches the network.
**
** It carries HTTP requests over libcurl's multi interface. It never decides
** (no retry, no redirect followed, no cookie, no .netrc), never calls back
** into its caller, and never blocks except in mde_engine_poll. Everything a
** request points at is copied by mde_engine_start.
**
** What it insists on: https, or http without a proxy to a loopback or link-local
** address literal (127.0.0.0/8, [::1], 169.254.0.0/16); TLS 1.2 or later with certificate and name
** verified; maxima of one body and of all that lie here, counted on decoded bytes; no request that may have an
** effect sent a second time by libcurl itself; no proxy but the given one.
**
** At most 32 connections lead to a host. Requests that would need more wait here.
**
** One engine serves one thread at a time. In a process other than the one
** that made it (after fork) its requests have ended as "lost", and it touches
** no connection of its parent's.
** Secrets in headers and bodies are overwritten when the transfer ends.
*/
#ifndef MDE_ENGINE_H
#define MDE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

typedef struct mde_engine mde_engine;
typedef struct mde_transfer mde_ended;

typedef struct mde_bytes {
  const char *data;
  size_t length;
} mde_bytes;

typedef struct mde_header {
  mde_bytes name;   /* an HTTP token */
  mde_bytes value;  /* no control characters */
} mde_header;

typedef enum mde_http_version {
  MDE_HTTP_ANY,  /* HTTP/2 where TLS negotiates it, else 1.1 */
  MDE_HTTP_1_1,
  MDE_HTTP_2     /* the same as ANY; refusing 1.1 would help nobody */
} mde_http_version;

typedef struct mde_request {
  const char *method;  /* "GET", "POST", ... */
  const char *url;
  const mde_header *headers;  /* at most 64 KiB of names and values */
  size_t header_count;
  const char *body;  /* NULL: none */
  size_t body_length;
  double timeout;          /* seconds for the whole exchange, once it leaves; > 0 */
  double connect_timeout;  /* seconds until connected; > 0 */
  const char *proxy;       /* URL with or without credentials; NULL: none */
  const char *ca_file;     /* PEM file or folder; NULL: the system's */
  mde_http_version http_version;
} mde_request;

typedef struct mde_response {
  int status;
  const mde_header *headers;  /* names in lower case, in order of arrival */
  size_t header_count;
  mde_bytes body;
  double seconds;  /* from start to the end of the answer */
} mde_response;

typedef enum mde_progress {
  MDE_GOING,     /* not finished */
  MDE_ANSWERED,  /* *response is filled */
  MDE_FAILED,    /* *error is filled */
  MDE_NO_SUCH    /* never started, taken or abandoned */
} mde_progress;

/* An engine whose answers may have at most `body_maximum` bytes, and all that lie here
** together four times as many; NULL with
** `error` filled when libcurl is not fit or memory is short. */
mde_engine *mde_engine_new (size_t body_maximum, mde_error *error);

/* Starts a request. Returns its number (> 0), or 0 with `error` filled:
** "invalid_request" (URL, method, header, timeout), "out_of_memory". */
int64_t mde_engine_start (mde_engine *engine, const mde_request *request,
                          mde_error *error);

/* Moves all transfers on without blocking and returns how many have ended
** and still lie here. A step within 1 ms of the last does no work, unless
** something was started in between. */
size_t mde_engine_step (mde_engine *engine);

/* As step, but first waits up to `seconds` (at most 1) for news. A signal or
** a transfer that ends cuts the wait short. An answer that an earlier step or
** poll has counted is no news: take what is there before you poll. */
size_t mde_engine_poll (mde_engine *engine, double seconds);

/* How request `id` stands. What `response` points at is the engine's, and
** lives until mde_engine_abandon(id) or mde_engine_close. Error codes:
** "connection" (no connection to the host or proxy), "tls", "timeout", "lost"
** (the connection ended without a whole answer, or the request is another
** process's), "too_large", "out_of_memory". error->sent is false only where the request certainly
** never left. */
mde_progress mde_engine_look (mde_engine *engine, int64_t id,
                              mde_response *response, mde_error *error);

/* Takes a request that has ended out of the engine: what mde_engine_look gave lives on
** until the caller frees this. NULL: it is still going, or there is none. */
mde_ended *mde_engine_take (mde_engine *engine, int64_t id);

void mde_ended_free (mde_ended *ended);

/* Forgets request `id`, whether it has ended or not. Unknown ids are ignored. */
void mde_engine_abandon (mde_engine *engine, int64_t id);

/* How many requests are here, ended or not. */
size_t mde_engine_count (const mde_engine *engine);

/* Abandons everything and frees the engine. NULL is allowed. */
void mde_engine_close (mde_engine *engine);

#endif
