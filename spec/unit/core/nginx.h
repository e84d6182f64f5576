/* Runs tests beside a real nginx, by spec/support/nginx.sh.
**
** The tests run in a child process, so that nginx is stopped whatever becomes
** of them. They run from the project's root, as all tests do.
*/
#ifndef NGINX_H
#define NGINX_H

#include <stdlib.h>
#include <sys/wait.h>

#include "tap.h"

static char nginx_folder[] = "/tmp/mde-nginx-XXXXXX";


static inline int nginx_command (const char *format) {
  char command[256];
  (void)snprintf(command, sizeof command, format, nginx_folder);
  return system(command);
}


/* The port that the template calls `name`. */
static inline int nginx_port (const char *name) {
  char path[64], line[64];
  const size_t length = strlen(name);
  int port = 0;
  FILE *ports;
  (void)snprintf(path, sizeof path, "%s/ports", nginx_folder);
  ports = fopen(path, "r");
  while (ports != NULL && port == 0 && fgets(line, sizeof line, ports) != NULL)
    if (strncmp(line, name, length) == 0 && line[length] == '=')
      port = (int)strtol(line + length + 1, NULL, 10);
  if (ports != NULL) (void)fclose(ports);
  return port;
}


/* The path of a file in nginx's folder, in one of four buffers. */
static inline const char *nginx_file (const char *name) {
  static char paths[4][64];
  static int next;
  char *path = paths[next++ % 4];
  (void)snprintf(path, sizeof paths[0], "%s/%s", nginx_folder, name);
  return path;
}


static inline int nginx_run (void (*tests) (void)) {
  int status = 1;
  pid_t child;
  if (mkdtemp(nginx_folder) == NULL
      || nginx_command("spec/support/nginx.sh start %s spec/unit/core/nginx.conf "
                       ">/dev/null") != 0) {
    printf("not ok 1 - nginx starts\n1..1\n");
    return 1;
  }
  child = fork();
  if (child == 0) {
    tap_begin();
    tests();
    exit(tap_end());
  }
  (void)waitpid(child, &status, 0);
  (void)nginx_command("spec/support/nginx.sh stop %s");
  (void)nginx_command("rm -rf %s");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

#endif
