/* A server on 127.0.0.1 that behaves as badly as a test needs.
**
** It runs in a thread and takes one connection after the other; each is handed
** to the test's own function with its number (from 1), and closed afterwards.
*/
#ifndef SERVER_H
#define SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "tap.h"

typedef struct server server;
typedef void server_script (server *self, int connection, int number);

struct server {
  server_script *script;
  int listener, ends[2];
  pthread_t thread;
  char url[64];           /* http://127.0.0.1:PORT */
  int port;
  atomic_int connections;
  atomic_int requests;    /* whole ones, read by server_read */
  char last[8192];        /* the last request's bytes */
  const char *answer;     /* for scripts that give always the same */
};


static inline void server_fail (const char *what) {
  perror(what);
  exit(2);
}


static inline void *server_run (void *data) {
  server *self = (server *)data;
  struct pollfd events[2] = { { self->listener, POLLIN, 0 },
                              { self->ends[0], POLLIN, 0 } };
  for (;;) {
    int connection;
    if (poll(events, 2, -1) < 0) continue;
    if (events[1].revents != 0) return NULL;
    connection = accept(self->listener, NULL, NULL);
    if (connection < 0) continue;
    self->script(self, connection,
                 atomic_fetch_add(&self->connections, 1) + 1);
    (void)close(connection);
  }
}


static inline void server_start (server *self, server_script *script) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  memset(self, 0, sizeof *self);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  self->script = script;
  self->listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(self->listener, (struct sockaddr *)&address, length) != 0
      || listen(self->listener, 64) != 0
      || getsockname(self->listener, (struct sockaddr *)&address, &length) != 0
      || pipe(self->ends) != 0)
    server_fail("server");
  self->port = ntohs(address.sin_port);
  (void)snprintf(self->url, sizeof self->url, "http://127.0.0.1:%d",
                 self->port);
  if (pthread_create(&self->thread, NULL, server_run, self) != 0)
    server_fail("pthread_create");
}


/* Waits until the script of the last connection has returned. */
static inline void server_stop (server *self) {
  (void)close(self->ends[1]);
  (void)pthread_join(self->thread, NULL);
  (void)close(self->ends[0]);
  (void)close(self->listener);
}


/* Returns the length of the body that a header announces. */
static inline size_t server_body_length (const char *header) {
  const char *field = strstr(header, "Content-Length: ");
  return field == NULL ? 0 : strtoul(field + 16, NULL, 10);
}


/* Reads a request into self->last. False: the other side has gone. */
static inline bool server_read (server *self, int connection) {
  size_t have = 0;
  memset(self->last, 0, sizeof self->last);
  for (;;) {
    const char *end = strstr(self->last, "\r\n\r\n");
    ssize_t more;
    if (end != NULL && have >= (size_t)(end + 4 - self->last)
                               + server_body_length(self->last)) {
      atomic_fetch_add(&self->requests, 1);
      return true;
    }
    more = recv(connection, self->last + have, sizeof self->last - 1 - have, 0);
    if (more <= 0) return false;
    have += (size_t)more;
  }
}


/* False: the other side does not listen any more. */
static inline bool server_send (int connection, const char *bytes,
                                size_t length) {
  while (length > 0) {
    const ssize_t sent = send(connection, bytes, length, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    length -= (size_t)sent;
  }
  return true;
}


static inline void server_say (int connection, const char *text) {
  (void)server_send(connection, text, strlen(text));
}


/* Makes close() send a reset instead of an end. */
static inline void server_reset_at_close (int connection) {
  const struct linger now = { 1, 0 };
  (void)setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}


/* A script: gives self->answer to whatever comes, as long as it comes. */
static inline void server_answer (server *self, int connection, int number) {
  (void)number;
  while (server_read(self, connection))
    server_say(connection, self->answer);
}

#endif
