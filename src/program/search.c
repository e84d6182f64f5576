/* Sets the path on which `require` finds modules.
**
** It has the program's installation, then the absolute templates of the default path, LUA_PATH and
** LUA_CPATH. A template such as ./?.lua is omitted: anyone who can write to the current folder
** could run code here.
*/
#include <string.h>

#include "program.h"

#define VERSION "/5.4/"


/* Pushes the root of the installation, the folder above the program's. [-0, +1, e] */
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
    luaL_error(L, "cannot run from %s: Lua's search paths cannot contain a folder with ; or ?",
               lua_tostring(L, -1));
}


/* Adds the absolute templates, each after a separator. [-?, +?, m] */
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


/* Sets package[field] to `own`, in which ! stands for the root of the installation, followed by
** the absolute templates that the field had. The table package is on the top. [-0, +0, e] */
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
