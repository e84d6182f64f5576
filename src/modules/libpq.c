/* A function of mde.file: libpq's message on a connection that fails.
**
** LuaDBI loses this message. libpq is not linked: the copy that LuaDBI has loaded is used.
*/
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include "compat.h"
#include "libpq.h"

#ifdef __APPLE__
#define LIBRARY "libpq.5.dylib"
#else
#define LIBRARY "libpq.so.5"
#endif

typedef struct {
  void *(*connect) (const char *url);
  int (*status) (const void *connection);
  char *(*message) (const void *connection);
  void (*finish) (void *connection);
} libpq;


/* ISO C has no cast from void * to a pointer to a function. Returns 0 if there is no such name. */
static int find (void *library, const char *name, void *function, size_t size) {
  void *found = dlsym(library, name);
  memcpy(function, &found, size);
  return found != NULL;
}


static int load (libpq *pq, void *library) {
  return find(library, "PQconnectdb", &pq->connect, sizeof pq->connect)
      && find(library, "PQstatus", &pq->status, sizeof pq->status)
      && find(library, "PQerrorMessage", &pq->message, sizeof pq->message)
      && find(library, "PQfinish", &pq->finish, sizeof pq->finish);
}


int mde_file_postgresql_problem (lua_State *L) {
  const char *url = luaL_checkstring(L, 1);
  void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_NOLOAD);
  char text[1024] = "";
  libpq pq;
  if (library != NULL && load(&pq, library)) {
    void *connection = pq.connect(url);
    if (connection != NULL && pq.status(connection) != 0)
      (void)snprintf(text, sizeof text, "%s", pq.message(connection));
    pq.finish(connection);
  }
  if (library != NULL) (void)dlclose(library);
  if (text[0] == '\0') lua_pushnil(L);
  else lua_pushstring(L, text);
  return 1;
}
