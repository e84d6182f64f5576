/* Measures how long a command takes until its POST arrives, and how much CPU.
**
** arrival COUNT ANSWER COMMAND ARG...
**
** Runs the command COUNT times. $URL in its environment is the address of a server which answers
** a POST with the content of the file ANSWER, a token request with a token, and closes the
** connection. Prints the median of the milliseconds from the start of the command to the POST, and
** of those of its CPU (user and system).
*/
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TOKEN "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"x\"}"
#define MOST 1000

static char answer[8192];


static _Noreturn void fail (const char *what) {
  perror(what);
  exit(1);
}


static double now (void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}


static int listening (void) {
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  char url[64];
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 8) != 0
      || getsockname(fd, (struct sockaddr *)&address, &size) != 0)
    fail("listen");
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
  (void)setenv("URL", url, 1);
  (void)setenv("MDE_API_URL", url, 1);
  (void)setenv("AZURE_AUTHORITY_HOST", url, 1);
  return fd;
}


/* Answers one request. Returns when it arrived, if it is the POST. */
static double serve (int listener) {
  char request[16384], head[256];
  size_t length = 0;
  const char *body;
  double arrived = 0;
  const int fd = accept(listener, NULL, NULL);
  if (fd < 0) fail("accept");
  for (;;) {
    const ssize_t got = read(fd, request + length, sizeof request - 1 - length);
    if (got <= 0) break;
    arrived = now();
    length += (size_t)got;
    request[length] = '\0';
    body = strstr(request, "\r\n\r\n");
    if (body != NULL && body[4] != '\0') break;
  }
  body = strstr(request, "/token") != NULL ? TOKEN : answer;
  (void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                 "Connection: close\r\nContent-Length: %zu\r\n\r\n", strlen(body));
  if (write(fd, head, strlen(head)) < 0 || write(fd, body, strlen(body)) < 0) fail("write");
  (void)close(fd);
  return body == answer ? arrived : 0;
}


static int compare (const void *one, const void *other) {
  const double a = *(const double *)one, b = *(const double *)other;
  return a < b ? -1 : a > b;
}


int main (int count, char **arguments) {
  static double waits[MOST], cpu[MOST];
  const int runs = count > 3 ? (int)strtol(arguments[1], NULL, 10) : 0, listener = listening();
  FILE *file = count > 3 ? fopen(arguments[2], "r") : NULL;
  int i;
  if (runs < 1 || runs > MOST || file == NULL) fail("arrival COUNT ANSWER COMMAND ARG...");
  answer[fread(answer, 1, sizeof answer - 1, file)] = '\0';
  for (i = 0; i < runs; i++) {
    const double began = now();
    double arrived = 0;
    struct rusage usage;
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
      (void)execvp(arguments[3], arguments + 3);
      _exit(127);
    }
    while (arrived == 0) arrived = serve(listener);
    if (wait4(pid, &status, 0, &usage) != pid || status != 0) fail("the command failed");
    waits[i] = arrived - began;
    cpu[i] = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3
             + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-3;
  }
  qsort(waits, (size_t)runs, sizeof waits[0], compare);
  qsort(cpu, (size_t)runs, sizeof cpu[0], compare);
  printf("%.1f %.1f\n", waits[runs / 2], cpu[runs / 2]);
  return 0;
}
