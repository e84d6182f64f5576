/* Builds the answers of the simulator's HTTP server. */
#include "answer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

typedef struct repetition {
  uint64_t end;
  size_t size;  /* of data */
  char data[];
} repetition;


static ssize_t read_repetition (void *closure, uint64_t position, char *to,
                                size_t most) {
  const repetition *r = (const repetition *)closure;
  size_t at = (size_t)(position % r->size), done = 0;
  if (position >= r->end) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (most > r->end - position) most = (size_t)(r->end - position);
  while (done < most) {
    const size_t rest = r->size - at, count = rest < most - done ? rest : most - done;
    memcpy(to + done, r->data + at, count);
    done += count;
    at = 0;
  }
  return (ssize_t)done;
}


/* Makes an answer of `length` bytes, of which `end` are sent. Returns NULL without memory. */
static struct MHD_Response *repeat (const char *body, size_t size,
                                    uint64_t length, uint64_t end) {
  repetition *r = (repetition *)malloc(sizeof *r + size);
  struct MHD_Response *response;
  if (r == NULL) return NULL;
  r->end = end;
  r->size = size;
  memcpy(r->data, body, size);
  response = MHD_create_response_from_callback(length, MDE_PIECE, read_repetition, r, free);
  if (response == NULL) free(r);
  return response;
}


/* Adds the table of headers at `index`. Returns false on failure; raises nothing. */
static bool add_headers (lua_State *L, int index, struct MHD_Response *answer) {
  bool good = true;
  lua_pushnil(L);
  while (good && lua_next(L, index) != 0) {
    good = lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING
           && MHD_add_response_header(answer, lua_tostring(L, -2),
                                      lua_tostring(L, -1)) == MHD_YES;
    lua_pop(L, 1);
  }
  return good;
}


/* Makes the answer described by the arguments from the body on. Raises before anything is
** allocated. */
static struct MHD_Response *make_answer (lua_State *L) {
  size_t size;
  const char *body = luaL_checklstring(L, 5, &size);
  const lua_Integer length = luaL_optinteger(L, 6, (lua_Integer)size);
  const lua_Integer end = luaL_optinteger(L, 7, length);
  luaL_argcheck(L, length == 0 || (length > 0 && size > 0), 6,
                "a length of 0, or a body to repeat, expected");
  luaL_argcheck(L, end >= 0 && end <= length, 7, "0 to the length expected");
  if (length == (lua_Integer)size && end == length)
    return MHD_create_response_from_buffer(size, (void *)body, MHD_RESPMEM_MUST_COPY);
  return repeat(body, size, (uint64_t)length, (uint64_t)end);
}


struct MHD_Response *mde_answer (lua_State *L) {
  struct MHD_Response *answer = make_answer(L);
  if (answer == NULL) luaL_error(L, "not enough memory");
  if (!add_headers(L, 4, answer)) {
    MHD_destroy_response(answer);
    luaL_argerror(L, 4, "names and values of headers expected");
  }
  return answer;
}
