/* Hosts, and the requests that wait until they may leave for one.
**
** At most MDE_HOST_CONNECTIONS connections lead to a host, and as many requests are in
** flight to it. Where HTTP/2 was spoken it is as many as one connection of that carries:
** for more libcurl 7.88 would open a connection each. The others wait here, in their order,
** and not in libcurl, whose timeouts would count that. A host is forgotten when nothing
** goes to it.
*/
#ifndef MDE_HOST_H
#define MDE_HOST_H

#include "transfer.h"

#define MDE_HOST_CONNECTIONS 32

struct mde_host {
  mde_host *next;
  char name[280];      /* and port, and whether connections may be shared; cut */
  size_t in_flight;
  bool multiplexes;    /* the last answer came over HTTP/2 */
  bool takes_turns;    /* it came over HTTP/1 */
  mde_transfer *first, *last;  /* that wait */
};

/* Puts a transfer at the end of its host's queue; the host is made if it is not in the list.
** False: out of memory. */
bool mde_host_add (mde_host **hosts, mde_transfer *transfer);

/* The next transfer that may leave, and counts as in flight from now on. NULL: none. */
mde_transfer *mde_host_next (mde_host *host);

/* Notes that a transfer has ended, wherever it was. It has no host any more. */
void mde_host_remove (mde_transfer *transfer);

/* Frees the hosts to which nothing goes. */
void mde_hosts_tidy (mde_host **hosts);

#endif
