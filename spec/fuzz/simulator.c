/* Fuzzes the simulator's server with requests over loopback; it answers each. */
#include <arpa/inet.h>
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

int luaopen_mde_httpd (lua_State *L);

static const char *const chunk =
  "local httpd = ...\n"
  "local server = assert(httpd.listen(0))\n"
  "return server:port(), function()\n"
  "  repeat\n"
  "    local request = server:poll(0)\n"
  "    if request then\n"
  "      local size = #request.body + #request.path + #request.method\n"
  "      for name, value in pairs(request.headers) do size = size + #name + #value end\n"
  "      server:answer(request.id, 200, { ['x-size'] = tostring(size) }, request.body .. 'x', 8)\n"
  "    end\n"
  "  until not request\n"
  "end";

static lua_State *L;
static struct sockaddr_in address;


static void start (void) {
  L = luaL_newstate();
  luaL_openlibs(L);
  (void)signal(SIGPIPE, SIG_IGN);
  luaL_requiref(L, "mde.httpd", luaopen_mde_httpd, 0);
  if (luaL_loadstring(L, chunk) != LUA_OK) abort();
  lua_insert(L, -2);
  if (lua_pcall(L, 1, 2, 0) != LUA_OK) abort();
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons((uint16_t)lua_tointeger(L, 1));
}


static void serve (void) {
  lua_pushvalue(L, 2);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) abort();
}


int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  const struct linger now = { 1, 0 };
  int fd;
  if (L == NULL) start();
  fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    if (errno != EINTR) abort();  /* libFuzzer's timer */
    (void)close(fd);
    return 0;
  }
  if (size > 0) (void)send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  serve();
  (void)shutdown(fd, SHUT_WR);
  serve();
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  (void)close(fd);
  serve();
  return 0;
}
