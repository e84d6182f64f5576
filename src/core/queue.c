/* Limits the connections to a host and queues further requests. */
#include "queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_KEPT 128L
#define STREAMS 100  /* that most servers allow over a connection of HTTP/2 */


CURLM *mde_multi_new (void) {
  CURLM *multi = curl_multi_init();
  if (multi == NULL) return NULL;
  (void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
  (void)curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)MDE_HOST_CONNECTIONS);
  return multi;
}


static bool name_of (const mde_transfer *transfer, char *name, size_t size) {
  char *host = NULL, *port = NULL;
  const bool good =
    curl_url_get(transfer->url, CURLUPART_HOST, &host, 0) == CURLUE_OK
    && curl_url_get(transfer->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
  if (good)
    (void)snprintf(name, size, "%d %s %s", transfer->may_share, port, host);
  curl_free(host);
  curl_free(port);
  return good;
}


static mde_host *get (mde_host **hosts, const char *name) {
  mde_host *host = *hosts;
  while (host != NULL && strcmp(host->name, name) != 0) host = host->next;
  if (host != NULL) return host;
  host = (mde_host *)calloc(1, sizeof *host);
  if (host == NULL) return NULL;
  (void)snprintf(host->name, sizeof host->name, "%s", name);
  host->next = *hosts;
  *hosts = host;
  return host;
}


bool mde_host_add (mde_host **hosts, mde_transfer *transfer) {
  char name[sizeof ((mde_host *)NULL)->name];
  mde_host *host = name_of(transfer, name, sizeof name) ? get(hosts, name) : NULL;
  if (host == NULL) return false;
  transfer->host = host;
  host->may_share = transfer->may_share;
  transfer->waits = true;
  transfer->before = host->last;
  if (host->last != NULL)
    host->last->behind = transfer;
  else
    host->first = transfer;
  host->last = transfer;
  return true;
}


static void leave_queue (mde_host *host, mde_transfer *transfer) {
  if (transfer->before != NULL)
    transfer->before->behind = transfer->behind;
  else
    host->first = transfer->behind;
  if (transfer->behind != NULL)
    transfer->behind->before = transfer->before;
  else
    host->last = transfer->before;
  transfer->before = transfer->behind = NULL;
  transfer->waits = false;
}


mde_transfer *mde_host_next (mde_host *host) {
  mde_transfer *transfer = host->first;
  const size_t most = host->multiplexes ? STREAMS : MDE_HOST_CONNECTIONS;
  if (transfer == NULL || host->in_flight >= most) return NULL;
  leave_queue(host, transfer);
  host->in_flight++;
  return transfer;
}


/* A transfer that failed before its answer proves nothing. */
static void learn (mde_host *host, CURL *easy) {
  long version = 0;
  (void)curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  if (version == 0) return;
  host->multiplexes = version >= CURL_HTTP_VERSION_2_0;
  host->takes_turns = !host->multiplexes;
}


void mde_host_remove (mde_transfer *transfer) {
  mde_host *host = transfer->host;
  if (transfer->waits)
    leave_queue(host, transfer);
  else {
    host->in_flight--;
    learn(host, transfer->easy);
  }
  transfer->host = NULL;
}


bool mde_hosts_multiplex (const mde_host *hosts) {
  while (hosts != NULL && (!hosts->may_share || hosts->takes_turns || hosts->in_flight < 2))
    hosts = hosts->next;
  return hosts != NULL;
}


void mde_hosts_tidy (mde_host **hosts) {
  while (*hosts != NULL) {
    mde_host *host = *hosts;
    if (host->in_flight > 0 || host->first != NULL)
      hosts = &host->next;
    else {
      *hosts = host->next;
      free(host);
    }
  }
}
