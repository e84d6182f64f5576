/* Whole exchanges over an engine, for tests: from a request to its end. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "core/engine.h"
#include "tap.h"

/* The end of a request. `body` is cut; `code` is "" after an answer. */
typedef struct outcome {
  int status;
  size_t body_length;
  char body[512];
  char headers[1024];  /* "name=value\n" each */
  const char *code;
  bool sent;
  char message[320];
} outcome;


static inline mde_request make_request (const char *method, const char *url) {
  mde_request request;
  memset(&request, 0, sizeof request);
  request.method = method;
  request.url = url;
  request.timeout = 200;  /* never the reason for an end, but where set */
  request.connect_timeout = 200;
  return request;
}


static inline mde_request make_post (const char *url, const char *body) {
  mde_request request = make_request("POST", url);
  request.body = body;
  request.body_length = strlen(body);
  return request;
}


static inline void fill (outcome *result, mde_progress progress,
                         const mde_response *response, const mde_error *error) {
  size_t i;
  memset(result, 0, sizeof *result);
  result->code = "";
  if (progress == MDE_ANSWERED) {
    char *at = result->headers;
    const char *const end = at + sizeof result->headers;
    result->status = response->status;
    result->body_length = response->body.length;
    (void)snprintf(result->body, sizeof result->body, "%.*s",
                   (int)response->body.length, response->body.data);
    for (i = 0; i < response->header_count && at < end; i++) {
      const mde_header *header = &response->headers[i];
      at += snprintf(at, (size_t)(end - at), "%.*s=%.*s\n",
                     (int)header->name.length, header->name.data,
                     (int)header->value.length, header->value.data);
    }
  }
  else if (progress == MDE_FAILED) {
    result->code = error->code;
    result->sent = error->sent;
    (void)snprintf(result->message, sizeof result->message, "%s",
                   error->message);
  }
  else
    result->code = "no such";
}


/* Waits for the end of `id` and forgets it. */
static inline outcome finish (mde_engine *engine, int64_t id) {
  mde_response response;
  mde_error error;
  mde_progress progress;
  outcome result;
  memset(&response, 0, sizeof response);
  memset(&error, 0, sizeof error);
  while ((progress = mde_engine_look(engine, id, &response, &error))
         == MDE_GOING)
    (void)mde_engine_poll(engine, 1);
  fill(&result, progress, &response, &error);
  mde_engine_abandon(engine, id);
  return result;
}


/* Starts a request and waits for its end. */
static inline outcome exchange (mde_engine *engine,
                                const mde_request *request) {
  mde_error error;
  outcome result;
  const int64_t id = mde_engine_start(engine, request, &error);
  if (id > 0) return finish(engine, id);
  fill(&result, MDE_FAILED, NULL, &error);
  return result;
}

#endif
