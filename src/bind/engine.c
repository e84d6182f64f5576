/* The engine in Lua: see contract 1 in doc/architecture.md and core/engine.h.
**
** The userdata owns the C engine; close, __gc and __close are one function
** that may be called again. An allocation may run finalizers, which may close the
** engine or abandon requests: so an answer is taken out of it before its table is
** built, and a request has its owner before it starts.
*/
#include <string.h>

#include "bind.h"
#include "ticket.h"

#define BODY_MAXIMUM ((size_t)16 * 1024 * 1024)
#define MAX_ID 9007199254740992.0  /* 2^53, up to which a number is exact */
#define FEW_HEADERS 8
#define SLOT_REQUEST 2  /* the arguments of engine:start */
#define SLOT_OWNER 3
#define MDE_ENDED "mde.ended"


static mde_engine *check_engine (lua_State *L) {
  mde_engine **box = (mde_engine **)luaL_checkudata(L, 1, MDE_ENGINE);
  if (*box == NULL) luaL_error(L, "the engine is closed");
  return *box;
}


/* core.engine() -> engine | nil, err */
static int new_engine (lua_State *L) {
  mde_error error;
  mde_engine **box = (mde_engine **)lua_newuserdata(L, sizeof *box);
  *box = NULL;
  luaL_getmetatable(L, MDE_ENGINE);
  lua_setmetatable(L, -2);
  mde_ticket_table(L);
  *box = mde_engine_new(BODY_MAXIMUM, &error);
  return *box == NULL ? mde_push_error(L, &error) : 1;
}


/* Reading a request. What is read stays on the stack, and so alive, until
** the engine has copied it: metamethods and finalizers may change the table. */

static void check_names (lua_State *L) {
  static const char *const names[] = {
    "method", "url", "headers", "body", "timeout", "connect_timeout", "proxy",
    "ca_file", "http_version", NULL
  };
  for (lua_pushnil(L); lua_next(L, SLOT_REQUEST) != 0; lua_pop(L, 1)) {
    const char *const *known = names;
    const char *name;
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "request: its fields are named by strings");
    name = lua_tostring(L, -2);
    while (*known != NULL && strcmp(*known, name) != 0) known++;
    if (*known == NULL) luaL_error(L, "request: unknown field '%s'", name);
  }
}


/* The bytes of the string or secret at the top. False: it is neither. */
static bool get_bytes (lua_State *L, mde_bytes *bytes) {
  const mde_secret *secret;
  if (lua_type(L, -1) == LUA_TSTRING) {
    bytes->data = lua_tolstring(L, -1, &bytes->length);
    return true;
  }
  secret = mde_test_secret(L, -1);
  if (secret != NULL) bytes->data = mde_secret_bytes(secret, &bytes->length);
  return secret != NULL;
}


/* A string without NULs, or `otherwise` if the field is absent. [-0, +1, e] */
static const char *text_field (lua_State *L, const char *name,
                               const char *otherwise) {
  const char *text;
  size_t length;
  lua_getfield(L, SLOT_REQUEST, name);
  if (lua_isnil(L, -1)) return otherwise;
  if (lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "request: %s must be a string, not a %s", name,
               luaL_typename(L, -1));
  text = lua_tolstring(L, -1, &length);
  if (strlen(text) != length)
    luaL_error(L, "request: %s has a NUL in it", name);
  return text;
}


/* [-0, +0, e] */
static double number_field (lua_State *L, const char *name, double otherwise) {
  double number = otherwise;
  lua_getfield(L, SLOT_REQUEST, name);
  if (lua_type(L, -1) == LUA_TNUMBER)
    number = lua_tonumber(L, -1);
  else if (!lua_isnil(L, -1))
    luaL_error(L, "request: %s must be a number of seconds, not a %s", name,
               luaL_typename(L, -1));
  lua_pop(L, 1);
  return number;
}


static mde_http_version http_field (lua_State *L) {
  const char *version = text_field(L, "http_version", "any");
  if (strcmp(version, "any") == 0) return MDE_HTTP_ANY;
  if (strcmp(version, "1.1") == 0) return MDE_HTTP_1_1;
  if (strcmp(version, "2") == 0) return MDE_HTTP_2;
  luaL_error(L, "request: http_version must be '1.1' or '2', not '%s'",
             version);
  return MDE_HTTP_ANY;
}


static size_t count_headers (lua_State *L, int table) {
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1))
    count++;
  return count;
}


/* Leaves the header table on the stack, and the array of headers if it is longer than `few`.
** [-0, +(1|2), e] */
static void read_headers (lua_State *L, mde_request *request, mde_header *few) {
  mde_header *header, *end;
  int table;
  lua_getfield(L, SLOT_REQUEST, "headers");
  if (lua_isnil(L, -1)) {
    lua_newtable(L);
    lua_replace(L, -2);
  }
  else if (!lua_istable(L, -1))
    luaL_error(L, "request: headers must be a table, not a %s",
               luaL_typename(L, -1));
  table = lua_gettop(L);
  request->header_count = count_headers(L, table);
  header = request->header_count <= FEW_HEADERS ? few : (mde_header *)lua_newuserdata(
      L, request->header_count * sizeof *header);
  request->headers = header;
  end = header + request->header_count;
  lua_pushnil(L);
  while (header < end && lua_next(L, table) != 0) {
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "request: headers are named by strings");
    header->name.data = lua_tolstring(L, -2, &header->name.length);
    if (!get_bytes(L, &header->value))
      luaL_error(L, "request: header '%s' must be a string or a secret, not a "
                 "%s", header->name.data, luaL_typename(L, -1));
    header++;
    lua_pop(L, 1);
  }
  request->header_count = (size_t)(header - request->headers);
}


/* [-0, +1, e] */
static void read_body (lua_State *L, mde_request *request) {
  mde_bytes body = { NULL, 0 };
  lua_getfield(L, SLOT_REQUEST, "body");
  if (!lua_isnil(L, -1) && !get_bytes(L, &body))
    luaL_error(L, "request: body must be a string or a secret, not a %s",
               luaL_typename(L, -1));
  request->body = body.data;
  request->body_length = body.length;
}


static void read_request (lua_State *L, mde_request *request, mde_header *few) {
  check_names(L);
  request->method = text_field(L, "method", "GET");
  request->url = text_field(L, "url", NULL);
  if (request->url == NULL) luaL_error(L, "request: url is missing");
  request->timeout = number_field(L, "timeout", 60);
  request->connect_timeout = number_field(L, "connect_timeout", 10);
  request->proxy = text_field(L, "proxy", NULL);
  request->ca_file = text_field(L, "ca_file", NULL);
  request->http_version = http_field(L);
  read_body(L, request);
  read_headers(L, request, few);
}


/* engine:start(request, owner) -> id | nil, err. The id is also owner.flight, a field
** that exists before: after the start nothing allocates, so that no error is raised before
** the request has its owner. */
static int start (lua_State *L) {
  mde_request request = { .method = NULL };
  mde_header few[FEW_HEADERS];
  mde_ticket *ticket;
  mde_engine *engine;
  mde_error error;
  (void)check_engine(L);
  luaL_checktype(L, SLOT_REQUEST, LUA_TTABLE);
  luaL_checktype(L, SLOT_OWNER, LUA_TTABLE);
  lua_settop(L, SLOT_OWNER);
  read_request(L, &request, few);
  ticket = mde_ticket_of(L, 1, SLOT_OWNER);
  lua_pushliteral(L, "flight");
  lua_pushvalue(L, -1);
  lua_pushboolean(L, 0);
  lua_rawset(L, SLOT_OWNER);
  engine = check_engine(L);  /* again: a metamethod or finalizer may have closed it */
  if (ticket->id > 0) mde_engine_abandon(engine, ticket->id);
  ticket->id = mde_engine_start(engine, &request, &error);
  if (ticket->id > 0)
    mde_push_count(L, ticket->id);
  else
    lua_pushnil(L);
  lua_rawset(L, SLOT_OWNER);
  if (ticket->id == 0) return mde_push_error(L, &error);
  mde_push_count(L, ticket->id);
  return 1;
}


/* engine:step() -> number of answers to take */
static int step (lua_State *L) {
  mde_push_count(L, (int64_t)mde_engine_step(check_engine(L)));
  return 1;
}


/* engine:poll(seconds) -> number of answers to take */
static int wait_for_news (lua_State *L) {
  mde_engine *engine = check_engine(L);
  const double seconds = luaL_checknumber(L, 2);
  mde_push_count(L, (int64_t)mde_engine_poll(engine, seconds));
  return 1;
}


/* engine:pollfd() -> descriptor | nil, err */
static int get_descriptor (lua_State *L) {
  mde_error error;
  const int fd = mde_engine_pollfd(check_engine(L), &error);
  if (fd < 0) return mde_push_error(L, &error);
  lua_pushinteger(L, fd);
  return 1;
}


/* engine:timeout() -> seconds until a step has something to do without the descriptor | nil */
static int get_timeout (lua_State *L) {
  const double seconds = mde_engine_timeout(check_engine(L));
  if (seconds < 0)
    lua_pushnil(L);
  else
    lua_pushnumber(L, seconds);
  return 1;
}


/* The id at 2. [-0, +0, e] */
static int64_t check_id (lua_State *L) {
  const lua_Number id = luaL_checknumber(L, 2);
  if (!(id >= 1 && id <= MAX_ID) || (lua_Number)(int64_t)id != id)
    luaL_argerror(L, 2, "not the id of a request");
  return (int64_t)id;
}


static int free_ended (lua_State *L) {
  mde_ended **box = (mde_ended **)luaL_checkudata(L, 1, MDE_ENDED);
  mde_ended *ended = *box;
  *box = NULL;
  mde_ended_free(ended);
  return 0;
}


/* A box for an answer: the engine's last one, unless a finalizer takes answers meanwhile.
** [-0, +2, m] */
static mde_ended **push_ended (lua_State *L) {
  mde_ended **box;
  lua_getuservalue(L, 1);
  lua_getfield(L, -1, "ended");
  box = (mde_ended **)lua_touserdata(L, -1);
  if (box != NULL && *box == NULL) return box;
  lua_pop(L, 1);
  box = (mde_ended **)lua_newuserdata(L, sizeof *box);
  *box = NULL;
  luaL_getmetatable(L, MDE_ENDED);
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "ended");
  return box;
}


static int push_lost (lua_State *L) {
  mde_error error;
  mde_error_set(&error, "lost", "the request is not here: it was abandoned");
  error.sent = true;
  return mde_push_error(L, &error);
}


/* engine:take(id) -> response | nil, err | false (not ended) */
static int take (lua_State *L) {
  mde_response response;
  mde_error error;
  mde_ended **box;
  mde_progress progress;
  int results = 1;
  mde_engine *engine = check_engine(L);
  const int64_t id = check_id(L);
  if (mde_engine_look(engine, id, &response, &error) == MDE_GOING) {
    lua_pushboolean(L, 0);
    return 1;
  }
  box = push_ended(L);
  engine = check_engine(L);
  progress = mde_engine_look(engine, id, &response, &error);
  *box = mde_engine_take(engine, id);
  if (progress == MDE_ANSWERED)
    mde_push_response(L, &response);
  else
    results = progress == MDE_FAILED ? mde_push_error(L, &error) : push_lost(L);
  mde_ended_free(*box);
  *box = NULL;
  return results;
}


/* engine:abandon(id) */
static int abandon (lua_State *L) {
  mde_engine *engine = check_engine(L);
  mde_engine_abandon(engine, check_id(L));
  return 0;
}


/* engine:close(). May be called again. */
static int close_engine (lua_State *L) {
  mde_engine **box = (mde_engine **)luaL_checkudata(L, 1, MDE_ENGINE);
  mde_engine *engine = *box;
  *box = NULL;
  mde_engine_close(engine);
  return 0;
}


static int to_string (lua_State *L) {
  mde_engine **box = (mde_engine **)luaL_checkudata(L, 1, MDE_ENGINE);
  if (*box == NULL)
    lua_pushliteral(L, "engine (closed)");
  else
    lua_pushfstring(L, "engine (%d requests)", (int)mde_engine_count(*box));
  return 1;
}


void mde_open_engine (lua_State *L) {
  static const luaL_Reg metamethods[] = {
    { "__gc", close_engine },
    { "__close", close_engine },
    { "__tostring", to_string },
    { NULL, NULL }
  };
  static const luaL_Reg methods[] = {
    { "start", start },
    { "step", step },
    { "poll", wait_for_news },
    { "pollfd", get_descriptor },
    { "timeout", get_timeout },
    { "take", take },
    { "abandon", abandon },
    { "close", close_engine },
    { NULL, NULL }
  };
  static const luaL_Reg ended[] = { { "__gc", free_ended }, { NULL, NULL } };
  mde_open_ticket(L);
  mde_class(L, MDE_ENDED, ended, ended + 1);
  mde_class(L, MDE_ENGINE, metamethods, methods);
  lua_pushcfunction(L, new_engine);
}
