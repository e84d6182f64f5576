/* Hosts, and the queues of requests that wait for a connection.
**
** At most MDE_HOST_CONNECTIONS connections lead to a host, and as many requests are in
** flight to it. If the host speaks HTTP/2, it is as many as one connection carries: for each
** further one libcurl 7.88 would open a connection. The others wait here, in order, and not in
** libcurl, whose timeouts would include that time. A host without requests is forgotten.
*/
#ifndef MDE_QUEUE_H
#define MDE_QUEUE_H

#include "transfer.h"

#define MDE_HOST_CONNECTIONS 32

struct mde_host {
  mde_host *next;
  char name[280];      /* and port, and whether connections may be shared; cut */
  size_t in_flight;
  bool may_share;      /* its connections, unless it proves to speak HTTP/1 */
  bool multiplexes;    /* the last answer came over HTTP/2 */
  bool takes_turns;    /* it came over HTTP/1 */
  mde_transfer *first, *last;  /* waiting ones */
};

/* A multi handle with that limit. NULL: out of memory. */
CURLM *mde_multi_new (void);

/* Appends a transfer to its host's queue; a new host is added to the list.
** False: out of memory. */
bool mde_host_add (mde_host **hosts, mde_transfer *transfer);

/* The next transfer that may start; it counts as in flight from now on. NULL: none. */
mde_transfer *mde_host_next (mde_host *host);

/* Removes a transfer that has ended, waiting or in flight, from its host. */
void mde_host_remove (mde_transfer *transfer);

/* Reports whether several requests in flight may share a connection. */
bool mde_hosts_multiplex (const mde_host *hosts);

/* Frees the hosts without requests. */
void mde_hosts_tidy (mde_host **hosts);

#endif
