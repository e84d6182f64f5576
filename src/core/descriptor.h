/* One descriptor of an engine, for event loops: an epoll descriptor of its sockets.
**
** It is readable while a socket of libcurl has something to do, and while the engine says
** so (mde_descriptor_signal). It is only looked at with poll(2) and the like: reading events
** from it would take nothing out. It closes when a program is executed. A process must close
** the one that it got by a fork, which it shares with its parent.
**
** Systems without epoll have none: mde_descriptor_open fails there.
*/
#ifndef MDE_DESCRIPTOR_H
#define MDE_DESCRIPTOR_H

#include <curl/curl.h>
#include <stdbool.h>

#include "error.h"

typedef struct mde_descriptor {
  int fd;          /* -1: closed */
  int event;       /* the same; always readable, watched while the engine signals */
  bool signalled;
  bool is_blind;   /* a socket could not be added: the system's limit */
} mde_descriptor;

/* Opens a closed one. False with `error` filled: "no_descriptor" (the limit of open files,
** a system without epoll), "out_of_memory". */
bool mde_descriptor_open (mde_descriptor *descriptor, mde_error *error);

/* Closes it, without a change for a process that shares it. May be called again. */
void mde_descriptor_close (mde_descriptor *descriptor);

/* Has libcurl keep the set of sockets. For those that exist already, call
** curl_multi_socket_all. */
bool mde_descriptor_watch (mde_descriptor *descriptor, CURLM *multi);

/* Makes it readable, or leaves that to the sockets. Does nothing if it is closed. */
void mde_descriptor_signal (mde_descriptor *descriptor, bool on);

/* Reports whether a socket of an open one has something to do. If not all are watched, one may. */
bool mde_descriptor_has_events (const mde_descriptor *descriptor);

#endif
