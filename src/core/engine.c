/* The engine: starts, moves and ends transfers over libcurl. */
#define CURL_DISABLE_DEPRECATION  /* of curl_multi_socket_all */
#include "engine.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "descriptor.h"
#include "global.h"
#include "queue.h"
#include "sigpipe.h"
#include "transfer.h"

#define ANSWERS_AT_ONCE 4     /* of the maximal size, for all answers held */
#define CHAINS 1024           /* of the table of transfers; a power of 2 */
#define STEP_PAUSE 0.001      /* s */
#define AT_ONCE 8             /* in a step: rounds of due transfers, and starts of waiting ones */
#define POLL_MAXIMUM 1.0      /* s */
#define BLIND_MAXIMUM 0.05    /* s, while a socket is not in the descriptor */

struct mde_engine {
  CURLM *multi;      /* NULL until the first request of this process */
  CURLSH *sessions;  /* of TLS; as multi. libcurl 7.88 has them die with a handle */
  mde_transfer *table[CHAINS];  /* by the low bits of their ids */
  mde_host *hosts;
  size_t count, ended;  /* transfers, and those of them that have ended */
  size_t body_maximum;
  mde_pool answers;
  int64_t last_id;
  double stepped;  /* when all transfers were moved, on the monotonic clock */
  double active;   /* when a step last had something to do */
  bool fresh;      /* a request was started since the last step */
  bool unseen;     /* that step ended transfers that are not taken */
  mde_descriptor descriptor;
  unsigned process;  /* mde_process_generation of the process that has the connections */
};


/* The parts of an engine */

/* In a child process the parent's connections are not closed, which would end them for the
** parent too, and the requests end as lost. */
static void disown (mde_engine *engine) {
  const unsigned self = mde_process_generation();
  mde_transfer *transfer;
  mde_host *host;
  size_t i;
  if (engine->process == self) return;
  engine->process = self;
  for (host = engine->hosts; host != NULL; host = host->next) {
    host->first = NULL;
    host->in_flight = 0;
  }
  mde_hosts_tidy(&engine->hosts);
  engine->multi = NULL;
  engine->sessions = NULL;
  mde_descriptor_close(&engine->descriptor);
  for (i = 0; i < CHAINS; i++)
    for (transfer = engine->table[i]; transfer != NULL; transfer = transfer->next)
      mde_transfer_lose(transfer);
  engine->ended = engine->count;
}


static mde_transfer **find (mde_engine *engine, int64_t id) {
  mde_transfer **link = &engine->table[(uint64_t)id % CHAINS];
  while (*link != NULL && (*link)->id != id)
    link = &(*link)->next;
  return link;
}


static bool make_multi (mde_engine *engine) {
  if (engine->multi != NULL) return true;
  engine->multi = mde_multi_new();
  if (engine->multi != NULL && engine->descriptor.fd >= 0)
    (void)mde_descriptor_watch(&engine->descriptor, engine->multi);
  return engine->multi != NULL;
}


static void signal_loop (mde_engine *engine) {
  mde_descriptor_signal(&engine->descriptor, engine->fresh || engine->unseen);
}


/* Ends a transfer in flight. */
static void end (mde_engine *engine, mde_transfer *transfer, CURLcode result) {
  if (!transfer->waits) (void)curl_multi_remove_handle(engine->multi, transfer->easy);
  mde_host_remove(transfer);
  mde_transfer_end(transfer, result);
  engine->ended++;
}

/* Starts a transfer; its timeouts begin now. It waits for a connection that may be shared, unless
** the host is known to share none. */
static bool depart (mde_engine *engine, mde_transfer *transfer) {
  const long waits = transfer->may_share && !transfer->host->takes_turns ? 1L : 0L;
  engine->fresh = true;
  return curl_easy_setopt(transfer->easy, CURLOPT_PIPEWAIT, waits) == CURLE_OK
         && curl_multi_add_handle(engine->multi, transfer->easy) == CURLM_OK;
}


/* Starts some of the transfers that may be started. Then a step is due at once, with the next. */
static void send_waiting (mde_engine *engine) {
  mde_host *host;
  mde_transfer *transfer;
  int left = AT_ONCE;
  for (host = engine->hosts; host != NULL; host = host->next)
    for (; left > 0 && (transfer = mde_host_next(host)) != NULL; left--)
      if (!depart(engine, transfer)) end(engine, transfer, CURLE_OUT_OF_MEMORY);
  mde_hosts_tidy(&engine->hosts);
}


/* Moving on */

static void drain (mde_engine *engine) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(engine->multi, &left)) != NULL) {
    const CURLcode result = message->data.result;  /* gone after end */
    char *transfer = NULL;
    if (message->msg != CURLMSG_DONE) continue;
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    end(engine, (mde_transfer *)(void *)transfer, result);
  }
}


/* libcurl has failed: its transfers end, since no answer will come. */
static void end_all (mde_engine *engine, CURLcode result) {
  mde_transfer *transfer;
  size_t i;
  for (i = 0; i < CHAINS; i++)
    for (transfer = engine->table[i]; transfer != NULL; transfer = transfer->next)
      if (transfer->progress == MDE_GOING) end(engine, transfer, result);
}


/* Moves new transfers, and those whose answers libcurl has read for another one. */
static CURLMcode perform_due (CURLM *multi) {
  CURLMcode code = CURLM_OK;
  long milliseconds;
  int running, rounds = AT_ONCE;
  while (code == CURLM_OK && rounds-- > 0
         && curl_multi_timeout(multi, &milliseconds) == CURLM_OK && milliseconds == 0)
    code = curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
  return code;
}


/* curl_multi_socket_action of 7.88 for a socket loses requests over HTTP/2 that are answered before
** they are read; curl_multi_socket_all forgets what is due if it was due before. */
static CURLMcode perform (mde_engine *engine, bool is_all) {
  CURLMcode code;
  int running;
  if (engine->multi == NULL) return CURLM_OK;
  if (engine->descriptor.fd < 0)
    return engine->count == engine->ended ? CURLM_OK : curl_multi_perform(engine->multi, &running);
  code = perform_due(engine->multi);
  if (is_all && code == CURLM_OK) code = curl_multi_socket_all(engine->multi, &running);
  return code == CURLM_OK ? perform_due(engine->multi) : code;
}


/* Moves all transfers, or those that are due; `is_active`: it was known that some are. */
static void move_on (mde_engine *engine, bool is_all, bool is_active) {
  const size_t ended = engine->ended;
  const double now = mde_clock_monotonic();
  sigset_t before;
  CURLMcode code;
  engine->fresh = engine->unseen = false;
  if (is_all) engine->stepped = now;
  mde_sigpipe_hold(&before);
  code = perform(engine, is_all);
  drain(engine);
  if (code != CURLM_OK)
    end_all(engine, code == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_RECV_ERROR);
  send_waiting(engine);
  mde_sigpipe_release(&before);
  engine->unseen = engine->ended > ended;
  if (is_active || engine->unseen) engine->active = now;
  signal_loop(engine);
}


/* The longest time without moving all. Without a descriptor, libcurl 7.88 may hold back answers
** over HTTP/2 until it is called again: the pauses grow with the time since the last activity. */
static double longest_pause (const mde_engine *engine) {
  const double pause = 3 * (engine->stepped - engine->active);
  if (engine->descriptor.is_blind) return BLIND_MAXIMUM;
  if (engine->descriptor.fd >= 0 || pause > POLL_MAXIMUM || !mde_hosts_multiplex(engine->hosts))
    return POLL_MAXIMUM;
  return pause > STEP_PAUSE ? pause : STEP_PAUSE;
}


size_t mde_engine_step (mde_engine *engine) {
  bool watches, has_events, is_all;
  disown(engine);
  watches = engine->descriptor.fd >= 0;
  has_events = watches && mde_descriptor_has_events(&engine->descriptor);
  is_all = has_events || mde_clock_monotonic() - engine->stepped
                           >= (watches ? longest_pause(engine) : STEP_PAUSE);
  if (is_all || engine->fresh || (watches && mde_engine_timeout(engine) == 0))
    move_on(engine, is_all, has_events || engine->fresh);
  return engine->ended;
}


/* Waits for activity on a connection, or a signal. False: no connection was active. */
static bool wait_for_bytes (mde_engine *engine, double seconds) {
  const int milliseconds = (int)(seconds * 1000 + 0.999);
  int active = 0;
  if (make_multi(engine)
      && curl_multi_poll(engine->multi, NULL, 0, milliseconds, &active) == CURLM_OK)
    return active > 0;
  (void)poll(NULL, 0, milliseconds);  /* do not spin if memory runs out */
  return false;
}


size_t mde_engine_poll (mde_engine *engine, double seconds) {
  size_t before;
  double end_of_wait;
  bool more = true;
  disown(engine);
  before = engine->ended;
  if (!(seconds > 0)) seconds = 0;
  if (seconds > POLL_MAXIMUM) seconds = POLL_MAXIMUM;
  end_of_wait = mde_clock_monotonic() + seconds;
  if (engine->fresh) move_on(engine, true, true);
  while (more && engine->ended == before) {
    const double longest = longest_pause(engine);
    more = wait_for_bytes(engine, seconds < longest ? seconds : longest);
    move_on(engine, true, more);
    seconds = end_of_wait - mde_clock_monotonic();
    more = more && seconds > 0;
  }
  return engine->ended;
}


/* Event loops */

int mde_engine_pollfd (mde_engine *engine, mde_error *error) {
  disown(engine);
  if (engine->descriptor.fd >= 0) return engine->descriptor.fd;
  if (!mde_descriptor_open(&engine->descriptor, error)) return -1;
  if (engine->multi != NULL) (void)mde_descriptor_watch(&engine->descriptor, engine->multi);
  engine->fresh = true;
  engine->stepped = 0;  /* the next step moves all, and so adds the sockets that exist */
  signal_loop(engine);
  return engine->descriptor.fd;
}


double mde_engine_timeout (mde_engine *engine) {
  const double longest = longest_pause(engine);
  long milliseconds = -1;
  disown(engine);
  if (engine->fresh || engine->unseen) return 0;
  if (engine->count == engine->ended) return -1;
  (void)curl_multi_timeout(engine->multi, &milliseconds);
  if (milliseconds < 0 || (double)milliseconds > longest * 1000) return longest;
  return (double)milliseconds / 1000;
}


/* Requests */

static bool prepare (mde_engine *engine, mde_transfer *transfer,
                    const mde_request *request) {
  if (engine->sessions == NULL) engine->sessions = mde_sessions_new();
  if (engine->sessions == NULL || !make_multi(engine)) return false;
  if (mde_transfer_begin(transfer, request, engine->sessions)
      && mde_host_add(&engine->hosts, transfer))
    return true;
  mde_transfer_end(transfer, CURLE_OUT_OF_MEMORY);
  return false;
}


int64_t mde_engine_start (mde_engine *engine, const mde_request *request,
                          mde_error *error) {
  mde_transfer *transfer;
  mde_transfer **link;
  disown(engine);
  transfer = mde_transfer_new(request, engine->body_maximum, &engine->answers, error);
  if (transfer == NULL) return 0;
  if (!prepare(engine, transfer, request)) {
    mde_transfer_free(transfer);
    mde_error_set(error, "out_of_memory", "out of memory");
    return 0;
  }
  transfer->id = ++engine->last_id;
  link = &engine->table[(uint64_t)transfer->id % CHAINS];
  transfer->next = *link;
  *link = transfer;
  engine->count++;
  send_waiting(engine);
  signal_loop(engine);
  return transfer->id;
}


mde_progress mde_engine_look (mde_engine *engine, int64_t id,
                              mde_response *response, mde_error *error) {
  const mde_transfer *transfer;
  disown(engine);
  transfer = *find(engine, id);
  if (transfer == NULL) return MDE_NO_SUCH;
  if (transfer->progress == MDE_ANSWERED) *response = transfer->response;
  if (transfer->progress == MDE_FAILED) *error = transfer->error;
  return transfer->progress;
}


static mde_transfer *unlink_from (mde_engine *engine, mde_transfer **link) {
  mde_transfer *transfer = *link;
  *link = transfer->next;
  engine->count--;
  engine->ended--;
  if (engine->ended == 0) engine->unseen = false;
  signal_loop(engine);
  mde_buffer_leave_pool(&transfer->answer);
  return transfer;
}


mde_ended *mde_engine_take (mde_engine *engine, int64_t id) {
  mde_transfer **link;
  disown(engine);
  link = find(engine, id);
  return *link == NULL || (*link)->progress == MDE_GOING ? NULL : unlink_from(engine, link);
}


void mde_ended_free (mde_ended *ended) {
  mde_transfer_free(ended);
}


void mde_engine_abandon (mde_engine *engine, int64_t id) {
  mde_transfer **link;
  sigset_t before;
  disown(engine);
  link = find(engine, id);
  if (*link == NULL) return;
  if ((*link)->progress == MDE_GOING) {  /* its connection may send a closing message */
    mde_sigpipe_hold(&before);
    end(engine, *link, CURLE_ABORTED_BY_CALLBACK);
    mde_sigpipe_release(&before);
    send_waiting(engine);
  }
  mde_transfer_free(unlink_from(engine, link));
}


size_t mde_engine_count (const mde_engine *engine) {
  return engine->count;
}


mde_engine *mde_engine_new (size_t body_maximum, mde_error *error) {
  mde_engine *engine;
  if (!mde_global_init(error)) return NULL;
  engine = (mde_engine *)calloc(1, sizeof *engine);
  if (engine == NULL) {
    mde_error_set(error, "out_of_memory", "out of memory");
    return NULL;
  }
  engine->body_maximum = body_maximum;
  engine->answers.maximum = body_maximum > SIZE_MAX / ANSWERS_AT_ONCE
                            ? SIZE_MAX : body_maximum * ANSWERS_AT_ONCE;
  engine->process = mde_process_generation();
  engine->descriptor.fd = engine->descriptor.event = -1;
  return engine;
}


void mde_engine_close (mde_engine *engine) {
  sigset_t before;
  size_t i;
  if (engine == NULL) return;
  disown(engine);
  mde_sigpipe_hold(&before);
  for (i = 0; i < CHAINS; i++)
    while (engine->table[i] != NULL)
      mde_engine_abandon(engine, engine->table[i]->id);
  if (engine->multi != NULL) (void)curl_multi_cleanup(engine->multi);
  if (engine->sessions != NULL) (void)curl_share_cleanup(engine->sessions);
  mde_descriptor_close(&engine->descriptor);
  mde_sigpipe_release(&before);
  free(engine);
}
