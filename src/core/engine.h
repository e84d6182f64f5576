/* The engine: the only part that touches the network.
**
** It carries HTTP requests over libcurl's multi interface. It never decides (no
** retry, no redirect followed, no cookie, no .netrc), never calls its caller, and
** blocks only in mde_engine_poll. mde_engine_start copies the whole request.
**
** It requires https, or http without a proxy to a loopback or link-local address
** literal (127.0.0.0/8, [::1], 169.254.0.0/16), and TLS 1.2 or later with a
** verified certificate and name. It limits the decoded bytes of one body, and of
** all answers that it holds. libcurl never sends a request that may have an effect
** a second time, and uses no proxy but the given one.
**
** It opens at most 32 connections to a host; further requests wait.
**
** One thread at a time may use an engine. In a child process (after fork) its
** requests end as "lost", and it does not touch its parent's connections.
** Secrets in headers and bodies are overwritten when the transfer ends.
*/
#ifndef MDE_ENGINE_H
#define MDE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

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
  MDE_HTTP_2     /* the same as ANY: 1.1 is not refused */
} mde_http_version;

typedef struct mde_request {
  const char *method;  /* "GET", "POST", ... */
  const char *url;
  const mde_header *headers;  /* at most 64 KiB of names and values */
  size_t header_count;
  const char *body;  /* NULL: none */
  size_t body_length;
  double timeout;          /* seconds for the whole exchange, from when it is sent; > 0 */
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

/* An engine that accepts at most `body_maximum` bytes per answer, and four times as
** many for all answers that it holds. NULL with `error` filled if libcurl is not
** suitable or memory runs out. */
mde_engine *mde_engine_new (size_t body_maximum, mde_error *error);

/* Starts a request. Returns its number (> 0), or 0 with `error` filled:
** "invalid_request" (URL, method, header, timeout), "out_of_memory". */
int64_t mde_engine_start (mde_engine *engine, const mde_request *request,
                          mde_error *error);

/* Moves all transfers without blocking. Returns how many have ended and are not
** taken yet. A step within 1 ms of the last does nothing, unless a request was
** started in between. With a descriptor, a step does nothing unless it is readable
** or the timeout has passed. */
size_t mde_engine_step (mde_engine *engine);

/* As step, but first waits up to `seconds` (at most 1) for network activity. A
** signal or the end of a transfer ends the wait. Answers that an earlier step or
** poll has counted do not: take them first. */
size_t mde_engine_poll (mde_engine *engine, double seconds);

/* A descriptor for an event loop, the same until the engine is closed or the process forks: it
** is readable while a step has something to do (an answer comes, a request was started, a step
** for other requests has ended one that is not taken). Wait for it at most mde_engine_timeout,
** then step. Do not close it, or read from it. -1 with `error` filled: "no_descriptor" (a system
** without epoll, or its limit of open files), "out_of_memory". */
int mde_engine_pollfd (mde_engine *engine, mde_error *error);

/* Seconds until a step has something to do though the descriptor is not readable; at most 1
** while requests are in flight. Negative: none is. */
double mde_engine_timeout (mde_engine *engine);

/* The progress of request `id`. The engine owns the memory of `response` until
** mde_engine_abandon(id) or mde_engine_close. Error codes:
** "connection" (no connection to the host or proxy), "tls", "timeout", "lost"
** (the connection ended without a complete answer, or another process sent the
** request), "too_large", "out_of_memory". error->sent is false only if the request
** was certainly never sent. */
mde_progress mde_engine_look (mde_engine *engine, int64_t id,
                              mde_response *response, mde_error *error);

/* Takes an ended request out of the engine. The caller frees it, and with it the
** response of mde_engine_look. NULL: it has not ended, or is unknown. */
mde_ended *mde_engine_take (mde_engine *engine, int64_t id);

void mde_ended_free (mde_ended *ended);

/* Forgets request `id`, whether it has ended or not. Unknown ids are ignored. */
void mde_engine_abandon (mde_engine *engine, int64_t id);

/* The number of requests, ended or not. */
size_t mde_engine_count (const mde_engine *engine);

/* Abandons everything and frees the engine. NULL is allowed. */
void mde_engine_close (mde_engine *engine);

#ifdef __cplusplus
}
#endif

#endif
