/* One request in flight, from the copy of the request to the answer.
**
** The engine makes a transfer. It owns an easy handle between begin and end, its
** copy of the request, which is overwritten and freed at the end, and the answer,
** which is overwritten and freed with the transfer. A handle is used once: libcurl 7.88 keeps
** pointers to the last answer in it, which no reset clears.
*/
#ifndef MDE_TRANSFER_H
#define MDE_TRANSFER_H

#include <curl/curl.h>

#include "buffer.h"
#include "engine.h"
#include "headers.h"

typedef struct mde_transfer mde_transfer;
typedef struct mde_host mde_host;

struct mde_transfer {
  int64_t id;          /* these two belong to the engine */
  mde_transfer *next;  /* in its table */
  mde_host *host;      /* until the request ends: see host.h */
  mde_transfer *before, *behind;  /* in its host's queue */
  bool waits;          /* in that queue */
  bool may_share;      /* a connection with other requests, if HTTP/2 is spoken */
  CURL *easy;          /* from begin to end, else NULL */
  CURLU *url;
  void *request;  /* header list, header text and body in one block */
  size_t request_size;
  struct curl_slist *header_list;
  const char *body;
  size_t body_length;
  bool https, sends_body, repeatable;
  bool sent;            /* the request was about to be sent, or was sent */
  const char *refusal;  /* the code of a callback that stopped the transfer */
  mde_headers headers;  /* of the answer */
  mde_buffer answer;    /* its body */
  mde_progress progress;
  mde_response response;  /* if progress is MDE_ANSWERED */
  mde_error error;        /* if it is MDE_FAILED */
  char detail[CURL_ERROR_SIZE];
};

/* A checked copy of `request`, or NULL with `error` filled ("invalid_request",
** "out_of_memory"). The copy lacks what libcurl copies itself in begin. */
mde_transfer *mde_transfer_new (const mde_request *request, size_t body_maximum,
                                mde_pool *pool, mde_error *error);

/* A store of TLS sessions for the handles of an engine. NULL: out of memory. */
CURLSH *mde_sessions_new (void);

/* Makes a handle for the same `request`; TLS sessions come from `sessions` and go there.
** False: out of memory; mde_transfer_end is needed all the same. */
bool mde_transfer_begin (mde_transfer *transfer, const mde_request *request, CURLSH *sessions);

/* Makes the answer or the error of the transfer, and frees the handle, which must not be
** in a multi handle any more. */
void mde_transfer_end (mde_transfer *transfer, CURLcode result);

/* Ends a transfer of another process without touching its handle. */
void mde_transfer_lose (mde_transfer *transfer);

/* Overwrites and frees a transfer that has no handle. NULL is allowed. */
void mde_transfer_free (mde_transfer *transfer);

#endif
