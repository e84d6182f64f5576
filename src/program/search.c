/* Where `require` looks for modules: in the program's installation, and then in the
** folders of the default path, LUA_PATH and LUA_CPATH whose names are absolute. A template
** such as ./?.lua is left out: whoever can write to the current folder would run code here.
*/
#include <string.h>

#include "program.h"

#define VERSION "/5.4/"


/* The folder above the program's own: the root of its installation. [-0, +1, e] */
static void push_root (lua_State *L) {
  const char *path, *slash;
  int level;
  mde_host_push_path(L);
  for (level = 0; level < 2; level++) {
    path = lua_tostring(L, -1);
    slash = strrchr(path, '/');
    lua_pushlstring(L, path, slash == NULL ? 0 : (size_t)(slash - path));
    lua_remove(L, -2);
  }
  if (strpbrk(lua_tostring(L, -1), ";?") != NULL)
    luaL_error(L, "cannot run from %s: a search path of Lua can't name a folder with ; or ?",
               lua_tostring(L, -1));
}


/* Adds those of the templates that are absolute, each after a separator. [-?, +?, m] */
static void add_absolute (luaL_Buffer *buffer, const char *templates) {
  while (*templates != '\0') {
    size_t length = strcspn(templates, ";");
    if (templates[0] == '/') {
      luaL_addchar(buffer, ';');
      luaL_addlstring(buffer, templates, length);
    }
    templates += length + (templates[length] == ';');
  }
}


/* Sets package[field] to `own`, in which every ! is the root of the installation, and what
** is absolute of the templates that it had. The table package is on the top. [-0, +0, e] */
static void set_field (lua_State *L, const char *field, const char *own, const char *root) {
  luaL_Buffer buffer;
  const char *templates;
  lua_getfield(L, -1, field);
  templates = lua_tostring(L, -1);
  luaL_buffinit(L, &buffer);
  luaL_addgsub(&buffer, own, "!", root);
  add_absolute(&buffer, templates);
  luaL_pushresult(&buffer);
  lua_setfield(L, -3, field);
  lua_pop(L, 1);
}


void mde_host_set_search (lua_State *L) {
  const char *root;
  push_root(L);
  root = lua_tostring(L, -1);
  lua_getglobal(L, LUA_LOADLIBNAME);
  set_field(L, "path", "!/share/lua" VERSION "?.lua;!/share/lua" VERSION "?/init.lua", root);
  set_field(L, "cpath", "!/lib/lua" VERSION "?.so", root);
  lua_pop(L, 2);
}
