/* The module mde.httpd: the simulator's HTTP server on loopback. Lua 5.4 only.
**
** libmicrohttpd runs only inside server:poll, and never calls Lua. A complete request is copied
** into a `request` and queued, and its connection is suspended until Lua has answered. When it is
** resumed, libmicrohttpd calls answer_request again, which hands over the answer.
**
** Only libmicrohttpd's completion callback frees a request. The server is freed by close, __gc and
** __close, which are one function.
*/
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "answer.h"
#include "class.h"
#include "message.h"

/* The only visible symbol. */
__attribute__((visibility("default"))) int luaopen_mde_httpd (lua_State *L);

#define SERVER "mde.httpd.server"
#define CONNECTION_MAXIMUM 1000

typedef enum request_state {
  ARRIVING,  /* being read */
  QUEUED,    /* complete, not yet given to Lua */
  GIVEN,     /* Lua has to answer it */
  ANSWERED   /* `answer` is sent; NULL: the connection is closed */
} request_state;

typedef struct request {
  struct request *next, **link;  /* in the server's list; *link points here */
  struct MHD_Connection *connection;
  struct MHD_Response *answer;
  request_state state;
  unsigned int status;
  bool too_large;
  mde_message message;
} request;

typedef struct server {
  struct MHD_Daemon *daemon;  /* NULL: closed */
  request *first;   /* list of all that are QUEUED or GIVEN, in order of arrival */
  request **last;   /* the link at the end of the list */
  lua_Integer next_id;
} server;


static void enlist (server *s, request *r) {
  r->next = NULL;
  r->link = s->last;
  *s->last = r;
  s->last = &r->next;
}


static void delist (server *s, request *r) {
  if (r->link == NULL) return;
  *r->link = r->next;
  if (r->next != NULL) r->next->link = r->link;
  else s->last = r->link;
  r->link = NULL;
}


static void free_request (server *s, request *r) {
  delist(s, r);
  if (r->answer != NULL) MHD_destroy_response(r->answer);
  mde_message_free(&r->message);
  free(r);
}


/* Resumes the connection, to send r->answer or, without one, to close it. */
static void resume (server *s, request *r) {
  delist(s, r);
  r->state = ANSWERED;
  MHD_resume_connection(r->connection);
}


/* Returns the first request in this state; if it is GIVEN, the one with this id. */
static request *find (const server *s, request_state state, lua_Integer id) {
  request *r = s->first;
  while (r != NULL && (r->state != state || (state == GIVEN && r->message.id != id)))
    r = r->next;
  return r;
}

/* Begins a request with the raw target of the request line. The result becomes *context. */
static void *begin_request (void *closure, const char *uri,
                            struct MHD_Connection *connection) {
  request *r = (request *)calloc(1, sizeof *r);
  (void)closure;
  if (r == NULL) return NULL;
  r->connection = connection;
  if (mde_message_append(&r->message.path, uri, strlen(uri))) return r;
  free(r);
  return NULL;
}


static enum MHD_Result copy_header (void *closure, enum MHD_ValueKind kind,
                                    const char *name, const char *value) {
  mde_message *message = &((request *)closure)->message;
  (void)kind;
  return mde_message_add_header(message, name, value == NULL ? "" : value) ? MHD_YES : MHD_NO;
}


/* Copies method and headers. */
static enum MHD_Result read_head (request *r, const char *method) {
  int headers = MHD_get_connection_values(r->connection, MHD_HEADER_KIND, NULL, NULL);
  if (!mde_message_append(&r->message.method, method, strlen(method))) return MHD_NO;
  return MHD_get_connection_values(r->connection, MHD_HEADER_KIND, copy_header, r)
         == headers ? MHD_YES : MHD_NO;
}


static enum MHD_Result read_body (request *r, const char *data, size_t *length) {
  if (*length > MDE_MESSAGE_MAXIMUM - r->message.body.length) r->too_large = true;
  else if (!mde_message_append(&r->message.body, data, *length)) return MHD_NO;
  *length = 0;
  return MHD_YES;
}


static enum MHD_Result refuse_body (request *r) {
  r->answer = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  if (r->answer == NULL) return MHD_NO;
  return MHD_queue_response(r->connection, MHD_HTTP_CONTENT_TOO_LARGE, r->answer);
}


/* Called after the headers, for each piece of the body, when the request is complete, and again
** after it was resumed. MHD_NO closes the connection. */
static enum MHD_Result answer_request (void *closure,
    struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *length, void **context) {
  server *s = (server *)closure;
  request *r = (request *)*context;
  (void)url;
  (void)version;
  if (r == NULL) return MHD_NO;
  if (r->state == ANSWERED)
    return r->answer == NULL ? MHD_NO
           : MHD_queue_response(connection, r->status, r->answer);
  if (r->message.method.length == 0) return read_head(r, method);
  if (*length > 0) return read_body(r, data, length);
  if (r->too_large) return refuse_body(r);
  r->message.id = s->next_id++;
  r->state = QUEUED;
  enlist(s, r);
  MHD_suspend_connection(connection);
  return MHD_YES;
}


static void end_request (void *closure, struct MHD_Connection *connection,
                         void **context, enum MHD_RequestTerminationCode why) {
  (void)connection;
  (void)why;
  if (*context != NULL) free_request((server *)closure, (request *)*context);
  *context = NULL;
}

static server *check_server (lua_State *L) {
  server *s = (server *)luaL_checkudata(L, 1, SERVER);
  if (s->daemon == NULL) luaL_error(L, "the server is closed");
  return s;
}


static int fail (lua_State *L, const char *code, const char *message) {
  lua_pushnil(L);
  lua_createtable(L, 0, 2);
  lua_pushstring(L, code);
  lua_setfield(L, -2, "code");
  lua_pushstring(L, message);
  lua_setfield(L, -2, "message");
  return 2;
}


/* httpd.listen(port) -> server | nil, err. Binds only 127.0.0.1; port 0 is any free one. */
static int listen_on (lua_State *L) {
  struct sockaddr_in address;
  const lua_Integer port = luaL_checkinteger(L, 1);
  server *s;
  luaL_argcheck(L, port >= 0 && port <= 65535, 1, "0 to 65535 expected");
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  s = (server *)lua_newuserdatauv(L, sizeof *s, 0);
  memset(s, 0, sizeof *s);
  s->last = &s->first;
  s->next_id = 1;
  luaL_setmetatable(L, SERVER);
  s->daemon = MHD_start_daemon(MHD_USE_AUTO | MHD_ALLOW_SUSPEND_RESUME, 0,
      NULL, NULL, answer_request, s,
      MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
      MHD_OPTION_URI_LOG_CALLBACK, begin_request, s,
      MHD_OPTION_NOTIFY_COMPLETED, end_request, s,
      MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTION_MAXIMUM,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, 4 * MDE_PIECE,
      MHD_OPTION_END);
  if (s->daemon != NULL) return 1;
  lua_pushfstring(L, "cannot listen on port %d of 127.0.0.1: it may be in use: "
                  "choose another port", (int)port);
  return fail(L, "listen", lua_tostring(L, -1));
}


/* server:port() -> its port */
static int get_port (lua_State *L) {
  const server *s = check_server(L);
  const union MHD_DaemonInfo *info =
      MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
  lua_pushinteger(L, info == NULL ? 0 : info->port);
  return 1;
}


/* server:poll(seconds) -> request { id, method, path (with the query), headers (lower case), body }
** | nil. Waits at most `seconds`; an event on the network or a signal ends the wait. */
static int poll_server (lua_State *L) {
  const lua_Number seconds = luaL_checknumber(L, 2);
  mde_message *message = mde_message_new(L);
  server *s = check_server(L);  /* last: a finalizer may have closed it */
  request *r;
  luaL_argcheck(L, seconds >= 0 && seconds <= 3600, 2, "0 to 3600 seconds expected");
  r = find(s, QUEUED, 0);
  if (r == NULL) {
    MHD_run_wait(s->daemon, (int32_t)(seconds * 1000));
    r = find(s, QUEUED, 0);
    if (r == NULL) return 0;
  }
  *message = r->message;  /* moved, because a finalizer may end the request */
  r->message = (mde_message){ .id = message->id };
  r->state = GIVEN;
  mde_message_push(L, message);
  return 1;
}


/* server:answer(id, status, headers, body [, length [, end]]) -> true if the client still waits.
** Content-Length and Date are added. The body is repeated, or cut, to `length` bytes (default: its
** own); the connection breaks after `end` of them. */
static int answer (lua_State *L) {
  const lua_Integer id = luaL_checkinteger(L, 2);
  const lua_Integer status = luaL_checkinteger(L, 3);
  server *s;
  request *r;
  luaL_argcheck(L, status >= 200 && status <= 599, 3, "200 to 599 expected");
  luaL_checktype(L, 4, LUA_TTABLE);
  luaL_checkstring(L, 5);  /* may convert a number, so that a finalizer may run */
  s = check_server(L);
  r = find(s, GIVEN, id);
  if (r != NULL) {
    r->answer = mde_answer(L);
    r->status = (unsigned int)status;
    resume(s, r);
  }
  lua_pushboolean(L, r != NULL);
  return 1;
}


/* server:drop(id): closes the connection without an answer. */
static int drop (lua_State *L) {
  server *s = check_server(L);
  request *r = find(s, GIVEN, luaL_checkinteger(L, 2));
  if (r != NULL) resume(s, r);
  return 0;
}


/* server:close(): closes all connections. May be called again. */
static int close_server (lua_State *L) {
  server *s = (server *)luaL_checkudata(L, 1, SERVER);
  struct MHD_Daemon *daemon = s->daemon;
  s->daemon = NULL;
  if (daemon == NULL) return 0;
  while (s->first != NULL) resume(s, s->first);
  MHD_stop_daemon(daemon);
  return 0;
}


/* The module: { listen } */
int luaopen_mde_httpd (lua_State *L) {
  static const luaL_Reg metamethods[] = {
    { "__gc", close_server }, { "__close", close_server }, { NULL, NULL }
  };
  static const luaL_Reg methods[] = {
    { "port", get_port }, { "poll", poll_server }, { "answer", answer },
    { "drop", drop }, { "close", close_server }, { NULL, NULL }
  };
  static const luaL_Reg functions[] = { { "listen", listen_on }, { NULL, NULL } };
  luaL_checkversion(L);
  mde_message_open(L);
  mde_class(L, SERVER, metamethods, methods);
  luaL_newlib(L, functions);
  return 1;
}
