/* Tests that children and signals of a process do not disturb the engine. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "exchange.h"
#include "server.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


/* A child */

/* Ends with status 0 if the engine does in a child what it should. Not by an
** exit: what is the parent's, and not the child's to free, is no leak. */
static void be_child (mde_engine *engine, int64_t id, const char *url) {
  const mde_request request = make_request("GET", url);
  mde_response response;
  mde_error error;
  bool good = mde_engine_step(engine) == 2
              && mde_engine_look(engine, id, &response, &error) == MDE_FAILED
              && strcmp(error.code, "lost") == 0 && error.sent
              && mde_engine_poll(engine, 0) == 2;
  mde_engine_abandon(engine, id);
  mde_ended_free(mde_engine_take(engine, id + 1));
  good = good && mde_engine_count(engine) == 0;
  good = strcmp(exchange(engine, &request).body, "ok") == 0 && good;
  mde_engine_close(engine);
  if (good) (void)execlp("true", "true", (char *)NULL);
  _exit(1);
}


static void wait_for_child (pid_t process, const char *name) {
  int status = -1;
  (void)waitpid(process, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0, name);
}


/* A request that is going and a connection that is idle are the parent's: each
** must work after the child has closed its engine. */
static void test_child (void) {
  server host, other;
  mde_engine *engine = mde_engine_new(1000, NULL);
  mde_request request;
  mde_error error;
  int64_t id;
  pid_t process;
  server_start(&host, server_answer);
  host.answer = OK;
  server_start(&other, server_answer);
  other.answer = OK;
  request = make_request("GET", host.url);
  check(exchange(engine, &request).status == 200, "before a fork");
  id = mde_engine_start(engine, &request, &error);
  (void)mde_engine_start(engine, &request, &error);
  process = fork();
  if (process == 0) be_child(engine, id, other.url);
  wait_for_child(process, "requests are lost in a child, and its engine works");
  check(mde_engine_count(engine) == 2, "the parent's requests are there");
  mde_engine_abandon(engine, id + 1);
  check_text(finish(engine, id).body, "ok", "  and are answered");
  check(host.connections == 1, "  over the connection that was there");
  mde_engine_close(engine);
  server_stop(&host);
  server_stop(&other);
}


/* Counts the sockets of this process to a port, and those of them that a program
** that it executes would not get. */
static void count_sockets (int port, int *all, int *closing) {
  int fd;
  for (fd = 3; fd < 1024; fd++) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    memset(&peer, 0, sizeof peer);
    if (getpeername(fd, (struct sockaddr *)&peer, &length) != 0
        || peer.sin_family != AF_INET || ntohs(peer.sin_port) != port)
      continue;
    (*all)++;
    if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0) (*closing)++;
  }
}


static void test_inheritance (void) {
  server host;
  mde_engine *engine = mde_engine_new(1000, NULL);
  mde_request request;
  int all = 0, closing = 0;
  server_start(&host, server_answer);
  host.answer = OK;
  request = make_request("GET", host.url);
  (void)exchange(engine, &request);
  count_sockets(host.port, &all, &closing);
  check(all == 1, "a connection is kept");
  check(closing == 1, "  and no program that is executed inherits it");
  mde_engine_close(engine);
  server_stop(&host);
}


/* Signals. libcurl finds this function before the C library's: a write to a
** connection that is closed, as OpenSSL does it, without MSG_NOSIGNAL. */

static atomic_bool broken;  /* every connection is */
static atomic_int ticks;


__attribute__((visibility("default")))
ssize_t send (int connection, const void *bytes, size_t length, int flags) {
  ssize_t (*function) (int, const void *, size_t, int);
  if (broken) {
    (void)pthread_kill(pthread_self(), SIGPIPE);
    errno = EPIPE;
    return -1;
  }
  *(void **)&function = dlsym(RTLD_NEXT, "send");
  return function(connection, bytes, length, flags);
}


static outcome ask_broken (void) {
  mde_engine *engine = mde_engine_new(1000, NULL);
  server host;
  outcome result;
  mde_request request;
  server_start(&host, server_answer);
  host.answer = OK;
  request = make_request("GET", host.url);
  broken = true;
  result = exchange(engine, &request);
  broken = false;
  mde_engine_close(engine);  /* so that the script ends */
  server_stop(&host);
  return result;
}


/* SIGPIPE would end this program, by default. */
static void test_sigpipe (void) {
  sigset_t now, sigpipe;
  check_text(ask_broken().code, "lost", "SIGPIPE does not end a program");
  (void)sigpending(&now);
  check(sigismember(&now, SIGPIPE) == 0, "  nor does it wait to do so");
  (void)pthread_sigmask(SIG_SETMASK, NULL, &now);
  check(sigismember(&now, SIGPIPE) == 0, "  nor is it held back afterwards");
  (void)sigemptyset(&sigpipe);
  (void)sigaddset(&sigpipe, SIGPIPE);
  (void)pthread_sigmask(SIG_BLOCK, &sigpipe, NULL);
  (void)ask_broken();
  (void)pthread_sigmask(SIG_SETMASK, NULL, &now);
  check(sigismember(&now, SIGPIPE) == 1, "  unless the program does that itself");
}


static void on_tick (int number) {
  (void)number;
  (void)atomic_fetch_add(&ticks, 1);
}


/* If the first tick did not end the wait of a second, hundreds would come. */
static void test_interruption (void) {
  const struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
  const struct itimerval never = { { 0, 0 }, { 0, 0 } };
  struct sigaction action;
  mde_engine *engine = mde_engine_new(1000, NULL);
  memset(&action, 0, sizeof action);
  action.sa_handler = on_tick;
  action.sa_flags = SA_RESTART;
  (void)sigaction(SIGALRM, &action, NULL);
  (void)setitimer(ITIMER_REAL, &often, NULL);
  (void)mde_engine_poll(engine, 1);
  (void)setitimer(ITIMER_REAL, &never, NULL);
  check(ticks >= 1 && ticks < 50, "a signal cuts a wait short");
  mde_engine_close(engine);
}


int main (void) {
  tap_begin();
  test_child();
  test_inheritance();
  test_sigpipe();
  test_interruption();
  return tap_end();
}
