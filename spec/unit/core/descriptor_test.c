/* The descriptor for event loops, waited for with epoll beside a real nginx. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "exchange.h"
#include "nginx.h"
#include "server.h"

#define POSTS 4000

static char url[128];
static mde_engine *engine;


static mde_request make (const char *method, const char *format, const char *port) {
  mde_request request;
  (void)snprintf(url, sizeof url, format, nginx_port(port));
  request = make_request(method, url);
  request.ca_file = nginx_file("ca.pem");
  return request;
}


/* Waits as a loop does, then steps. -> the number of answers */
static size_t wait_and_step (int loop) {
  struct epoll_event event;
  const double seconds = mde_engine_timeout(engine);
  const int milliseconds = seconds < 0 ? 1000 : (int)(seconds * 1000 + 0.999);
  (void)epoll_wait(loop, &event, 1, milliseconds);
  return mde_engine_step(engine);
}


/* A loop that waits for the engine's descriptor. */
static int make_loop (void) {
  struct epoll_event event;
  const int loop = epoll_create1(EPOLL_CLOEXEC);
  memset(&event, 0, sizeof event);
  event.events = EPOLLIN;
  (void)epoll_ctl(loop, EPOLL_CTL_ADD, mde_engine_pollfd(engine, NULL), &event);
  return loop;
}


static bool is_readable (void) {
  struct pollfd event = { mde_engine_pollfd(engine, NULL), POLLIN, 0 };
  return poll(&event, 1, 0) == 1;
}


/* Starts requests until `parallel` are in flight. -> how many were started */
static int fill_up (int64_t *ids, int parallel, int most) {
  mde_request request = make("POST", "https://127.0.0.1:%d/refused", "H2_PORT");
  int started = 0;
  int i;
  request.body = "{\"Comment\": \"by mistake\"}";
  request.body_length = strlen(request.body);
  for (i = 0; i < parallel && started < most; i++)
    if (ids[i] == 0) {
      ids[i] = mde_engine_start(engine, &request, NULL);
      started++;
    }
  return started;
}


/* Takes the answers. -> how many have the status 429; *taken counts all */
static int take_refusals (int64_t *ids, int parallel, int *taken) {
  mde_response response;
  mde_error error;
  int refused = 0;
  int i;
  for (i = 0; i < parallel; i++) {
    const mde_progress progress = mde_engine_look(engine, ids[i], &response, &error);
    if (ids[i] == 0 || progress == MDE_GOING) continue;
    if (progress == MDE_ANSWERED && response.status == 429) refused++;
    if (progress == MDE_FAILED) printf("# %s: %s\n", error.code, error.message);
    mde_engine_abandon(engine, ids[i]);
    ids[i] = 0;
    (*taken)++;
  }
  return refused;
}


/* nginx answers each request before it reads its body. curl_multi_socket_action would lose
** some of them. */
static void test_refusals (int parallel, const char *name) {
  int64_t ids[50] = { 0 };
  int loop, refused = 0, started = 0, taken = 0;
  engine = mde_engine_new(100000, NULL);
  loop = make_loop();
  while (taken < POSTS) {
    started += fill_up(ids, parallel, POSTS - started);
    if (wait_and_step(loop) > 0) refused += take_refusals(ids, parallel, &taken);
  }
  if (refused != POSTS) printf("# %d of %d\n", refused, POSTS);
  check(refused == POSTS, name);
  check(!is_readable(), "  and then the descriptor is quiet");
  check(mde_engine_timeout(engine) < 0, "  and nothing is due");
  mde_engine_close(engine);
  (void)close(loop);
}


/* When it is readable */

static void test_events (void) {
  const mde_request request = make("GET", "http://127.0.0.1:%d/connection", "HTTP_PORT");
  int64_t id;
  int fd, loop;
  engine = mde_engine_new(100000, NULL);
  check(mde_engine_timeout(engine) < 0, "without requests nothing is due");
  fd = mde_engine_pollfd(engine, NULL);
  loop = make_loop();
  check((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "an executed program does not get it");
  (void)mde_engine_step(engine);
  check(!is_readable(), "it is not readable without requests");
  id = mde_engine_start(engine, &request, NULL);
  check(is_readable() && mde_engine_timeout(engine) == 0, "it is after a start");
  while (wait_and_step(loop) == 0) {}
  check(is_readable(), "  and while an answer is not taken");
  check(mde_engine_timeout(engine) == 0, "  which is due");
  check(mde_engine_step(engine) == 1 && !is_readable(), "  until the next step");
  check(mde_engine_timeout(engine) < 0, "  lets others do without it");
  check(finish(engine, id).status == 200, "  and it is there still");
  id = mde_engine_start(engine, &request, NULL);
  while (wait_and_step(loop) == 0) {}
  mde_engine_abandon(engine, id);
  check(!is_readable(), "it is quiet when the last answer was taken");
  check(mde_engine_pollfd(engine, NULL) == fd, "it stays the same");
  mde_engine_close(engine);
  check(fcntl(fd, F_GETFD) == -1 && errno == EBADF, "the engine closes it");
  (void)close(loop);
}


/* libcurl reads the headers of an answer over HTTP/2 first, and its end when it is called again. */
static void test_answer (void) {
  const mde_request request = make("GET", "https://127.0.0.1:%d/connection", "H2_PORT");
  int64_t id;
  int i, loop, due = 0;
  engine = mde_engine_new(100000, NULL);
  loop = make_loop();
  for (i = 0; i < 2; i++) {
    id = mde_engine_start(engine, &request, NULL);
    (void)mde_engine_step(engine);
    while (wait_and_step(loop) == 0)
      if (i == 1 && mde_engine_timeout(engine) == 0) due++;
    check(finish(engine, id).status == 200, "an answer over HTTP/2");
  }
  check(due == 0, "  takes no second step");
  mde_engine_close(engine);
  (void)close(loop);
}


static void answer_late (server *self, int connection, int number) {
  (void)number;
  (void)server_read(self, connection);
  (void)poll(NULL, 0, 100);
  server_say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}


/* A descriptor that is asked for late has the sockets of requests in flight. */
static void test_late (void) {
  server host;
  mde_request request;
  int64_t id;
  int i, loop, steps = 0;
  server_start(&host, answer_late);
  request = make_request("GET", host.url);
  engine = mde_engine_new(1000, NULL);
  id = mde_engine_start(engine, &request, NULL);
  for (i = 0; i < 20; i++) (void)mde_engine_poll(engine, 0.001);
  loop = make_loop();
  while (wait_and_step(loop) == 0) steps++;
  check_text(finish(engine, id).body, "ok", "it may be asked for while requests are in flight");
  check(steps < 20, "  and the loop sleeps meanwhile");
  check(mde_engine_step(engine) == 0 && !is_readable(), "  and after");
  mde_engine_close(engine);
  server_stop(&host);
  (void)close(loop);
}


/* Other processes, and the limit of files */

/* An exit would count what is the parent's as a leak. */
static void be_child (void) {
  const mde_request request = make("GET", "http://127.0.0.1:%d/connection", "HTTP_PORT");
  const int64_t id = mde_engine_start(engine, &request, NULL);
  const int loop = make_loop();
  mde_ended *lost = mde_engine_take(engine, id - 1);
  bool good = lost != NULL;
  mde_ended_free(lost);
  while (wait_and_step(loop) == 0) {}
  good = finish(engine, id).status == 200 && good;
  mde_engine_close(engine);
  if (good) (void)execlp("true", "true", (char *)NULL);
  _exit(1);
}


static void test_child (void) {
  const mde_request request = make("GET", "http://127.0.0.1:%d/connection", "HTTP_PORT");
  int64_t id;
  int loop;
  int status = -1;
  pid_t process;
  engine = mde_engine_new(100000, NULL);
  loop = make_loop();
  id = mde_engine_start(engine, &request, NULL);
  (void)mde_engine_step(engine);
  process = fork();
  if (process == 0) be_child();
  (void)waitpid(process, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child has a descriptor of its own");
  while (wait_and_step(loop) == 0) {}
  check(finish(engine, id).status == 200, "  and the parent's works on");
  mde_engine_close(engine);
  (void)close(loop);
}


static void test_limit (void) {
  struct rlimit before, none;
  mde_error error;
  error.code = "";
  engine = mde_engine_new(100000, NULL);
  (void)getrlimit(RLIMIT_NOFILE, &before);
  none = before;
  none.rlim_cur = 3;
  (void)setrlimit(RLIMIT_NOFILE, &none);
  check(mde_engine_pollfd(engine, &error) == -1, "no descriptor above the limit of files");
  check_text(error.code, "no_descriptor", "  is an error");
  (void)setrlimit(RLIMIT_NOFILE, &before);
  check(mde_engine_pollfd(engine, &error) >= 0, "  and may be asked for again");
  mde_engine_close(engine);
}


static void tests (void) {
  test_refusals(10, "no POST is lost with 10 in flight");
  test_refusals(50, "no POST is lost with 50 in flight");
  test_events();
  test_answer();
  test_late();
  test_child();
  test_limit();
}


int main (void) {
  return nginx_run(tests);
}
