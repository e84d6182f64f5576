/* Cancels one machine action from C, with the core only and without Lua.
**
**   cc -std=c11 -D_GNU_SOURCE -o cancel cancel.c $(pkg-config --cflags --libs mde libcjson)
**   MDE_TOKEN=... ./cancel 5382f7ea-7557-4ab7-9782-d50480024a4e "By mistake"
**
** MDE_API_URL and MDE_CA_FILE select another service and other trusted authorities. It prints the
** action's status. Exit status: 0 it is Cancelled, 1 it is not, 2 wrong use, 4 the service or the
** network failed (the message tells if the cancel may have arrived), 5 the token was refused, 130
** interrupted.
**
** You have to add tokens, the quota (100 calls per minute, 1500 per hour), retries, and reading the
** action again after a lost answer.
*/
#include <cjson/cJSON.h>
#include <mde/engine.h>
#include <mde/operation.h>
#include <mde/secret.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST (1 << 20)  /* most bytes of an answer */

static volatile sig_atomic_t interrupted;


static void on_interrupt (int number) {
  (void)number;
  interrupted = 1;
}


static mde_bytes bytes_of (const char *text) {
  const mde_bytes bytes = { text, strlen(text) };
  return bytes;
}


/* Returns the URL that cancels `id`; or NULL, after printing the error. */
static char *new_address (const char *id, const char *comment) {
  const mde_operation *cancel = mde_operation_find("cancel");
  const mde_argument arguments[] = { { "id", id, strlen(id) },
                                     { "comment", comment, strlen(comment) } };
  const char *base = getenv("MDE_API_URL");
  const size_t start = strlen(base != NULL ? base : (base = "https://api.security.microsoft.com"));
  char *address = malloc(start + mde_operation_room(cancel, arguments, 2) + 1);
  mde_error error;
  size_t length;
  if (address == NULL) return NULL;
  memcpy(address, base, start);
  if (mde_operation_path(cancel, arguments, 2, address + start, &length, &error)) {
    address[start + length] = '\0';
    return address;
  }
  fprintf(stderr, "cancel: %s\n", error.message);
  free(address);
  return NULL;
}


/* Returns the JSON {"Comment": comment}, or NULL. */
static char *new_body (const char *comment) {
  cJSON *object = cJSON_CreateObject();
  char *text = cJSON_AddStringToObject(object, "Comment", comment) != NULL
               ? cJSON_PrintUnformatted(object) : NULL;
  cJSON_Delete(object);
  return text;
}


/* Prints an answer's status or error. Returns the exit status. */
static int report (const mde_response *response) {
  cJSON *answer = cJSON_ParseWithLength(response->body.data, response->body.length);
  const cJSON *status = cJSON_GetObjectItemCaseSensitive(answer, "status");
  int result = response->status == 401 || response->status == 403 ? 5
               : response->status >= 500 || response->status == 429 ? 4 : 1;
  if (response->status == 200 && cJSON_IsString(status)) {
    printf("%s\n", status->valuestring);
    result = strcmp(status->valuestring, "Cancelled") != 0;
  } else {
    fprintf(stderr, "cancel: the service answered with %d\n", response->status);
  }
  cJSON_Delete(answer);
  return result;
}


/* Waits for the end of request `id`. Returns the exit status. */
static int finish (mde_engine *engine, int64_t id) {
  mde_response response;
  mde_error error;
  mde_progress progress;
  while ((progress = mde_engine_look(engine, id, &response, &error)) == MDE_GOING && !interrupted)
    (void)mde_engine_poll(engine, 1);
  if (progress == MDE_ANSWERED) return report(&response);
  if (progress == MDE_GOING) {
    fprintf(stderr, "cancel: interrupted: the cancel may have arrived\n");
    return 130;
  }
  fprintf(stderr, "cancel: %s%s\n", error.message,
          error.sent ? ": the cancel may have arrived" : ": nothing was sent");
  return 4;
}


/* Sends the cancel. Returns the exit status. */
static int run (mde_engine *engine, const char *token, const char *address, const char *body) {
  char authorization[16384];
  const mde_header headers[] = {
    { bytes_of("authorization"), { authorization, strlen(token) + 7 } },
    { bytes_of("content-type"), bytes_of("application/json") },
  };
  const mde_request request = {
    .method = "POST", .url = address, .headers = headers, .header_count = 2, .body = body,
    .body_length = strlen(body), .timeout = 60, .connect_timeout = 10,
    .ca_file = getenv("MDE_CA_FILE"),
  };
  mde_error error;
  int64_t id;
  if (snprintf(authorization, sizeof authorization, "Bearer %s", token) >=
      (int)sizeof authorization) {
    fprintf(stderr, "cancel: MDE_TOKEN is too long for a token\n");
    return 2;
  }
  id = mde_engine_start(engine, &request, &error);
  mde_wipe(authorization, sizeof authorization);  /* the engine has a copy, and wipes it */
  if (id != 0) return finish(engine, id);
  fprintf(stderr, "cancel: %s\n", error.message);
  return 2;
}


int main (int argc, char **argv) {
  const char *token = getenv("MDE_TOKEN");
  const struct sigaction action = { .sa_handler = on_interrupt };
  char *address, *body;
  mde_engine *engine;
  mde_error error;
  int status = 2;
  if (argc != 3 || token == NULL) {
    fprintf(stderr, "usage: MDE_TOKEN=... cancel ID COMMENT\n");
    return 2;
  }
  (void)sigaction(SIGINT, &action, NULL);
  address = new_address(argv[1], argv[2]);
  body = new_body(argv[2]);
  engine = mde_engine_new(LARGEST, &error);
  if (engine == NULL) {
    fprintf(stderr, "cancel: %s\n", error.message);
    status = 4;
  } else if (address != NULL && body != NULL) {
    status = run(engine, token, address, body);
  }
  mde_engine_close(engine);
  free(address);
  free(body);
  return status;
}
