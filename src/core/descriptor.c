/* One descriptor of an engine, for event loops: an epoll descriptor of its sockets. */
#include "descriptor.h"

#ifdef __linux__

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>


static bool control (const mde_descriptor *descriptor, int operation, int fd, uint32_t events) {
  struct epoll_event event;
  memset(&event, 0, sizeof event);
  event.events = events;
  event.data.fd = fd;
  return epoll_ctl(descriptor->fd, operation, fd, &event) == 0;
}


bool mde_descriptor_open (mde_descriptor *descriptor, mde_error *error) {
  int reason;
  descriptor->signalled = descriptor->is_blind = false;
  descriptor->fd = epoll_create1(EPOLL_CLOEXEC);
  if (descriptor->fd >= 0) descriptor->event = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor->event >= 0 && control(descriptor, EPOLL_CTL_ADD, descriptor->event, 0))
    return true;
  reason = errno;
  mde_descriptor_close(descriptor);
  mde_error_set(error, reason == ENOMEM ? "out_of_memory" : "no_descriptor",
                "no descriptor for an event loop: %s", strerror(reason));
  return false;
}


void mde_descriptor_close (mde_descriptor *descriptor) {
  if (descriptor->event >= 0) (void)close(descriptor->event);
  if (descriptor->fd >= 0) (void)close(descriptor->fd);
  descriptor->fd = descriptor->event = -1;
}


/* libcurl's: the socket is watched from now on, for something else, or no more. Never an
** error, which would end all transfers; the number of a socket may be known already, or no
** more. */
static int on_socket (CURL *easy, curl_socket_t fd, int what, void *data, void *unused) {
  mde_descriptor *descriptor = (mde_descriptor *)data;
  uint32_t events = 0;
  (void)easy; (void)unused;
  if (what == CURL_POLL_REMOVE) {
    (void)control(descriptor, EPOLL_CTL_DEL, fd, 0);
    return 0;
  }
  if (what & CURL_POLL_IN) events |= EPOLLIN;
  if (what & CURL_POLL_OUT) events |= EPOLLOUT;
  if (!control(descriptor, EPOLL_CTL_ADD, fd, events)
      && !control(descriptor, EPOLL_CTL_MOD, fd, events))
    descriptor->is_blind = true;
  return 0;
}


bool mde_descriptor_watch (mde_descriptor *descriptor, CURLM *multi) {
  return curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, descriptor) == CURLM_OK
         && curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK;
}


void mde_descriptor_signal (mde_descriptor *descriptor, bool on) {
  if (descriptor->fd < 0 || descriptor->signalled == on) return;
  if (control(descriptor, EPOLL_CTL_MOD, descriptor->event, on ? EPOLLIN : 0))
    descriptor->signalled = on;
}


/* Events are not taken out. */
bool mde_descriptor_has_events (const mde_descriptor *descriptor) {
  struct epoll_event events[2];
  const int count = epoll_wait(descriptor->fd, events, 2, 0);
  return descriptor->is_blind || count < 0 || count > 1
         || (count == 1 && events[0].data.fd != descriptor->event);
}

#else

bool mde_descriptor_open (mde_descriptor *descriptor, mde_error *error) {
  (void)descriptor;
  mde_error_set(error, "no_descriptor", "this system has no descriptor for an event loop (epoll)");
  return false;
}


void mde_descriptor_close (mde_descriptor *descriptor) {
  (void)descriptor;
}


bool mde_descriptor_watch (mde_descriptor *descriptor, CURLM *multi) {
  (void)descriptor; (void)multi;
  return true;
}


void mde_descriptor_signal (mde_descriptor *descriptor, bool on) {
  (void)descriptor; (void)on;
}


bool mde_descriptor_has_events (const mde_descriptor *descriptor) {
  (void)descriptor;
  return true;
}

#endif
