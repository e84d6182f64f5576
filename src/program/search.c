/* Sets where `require` finds modules.
**
** The path has the program's installation, then the absolute templates of the default path, LUA_PATH and
** LUA_CPATH. A template such as ./?.lua is omitted: anyone who can write to the current folder
** could run code here.
**
** Modules of mde are compiled by the build (compile.lua): parsing them would take most of the time
** of a short command. They lie in the folder `compiled` beside the program's C modules. If one is
** missing, older than its source, or of another Lua, the source is loaded.
*/
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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


/* Compiled modules */

/* Replaces the templates at the top by the first of their files that is there for a module. False:
** by something else. [-1, +1, e] */
static bool find_file (lua_State *L, const char *name, struct stat *status) {
  const int top = lua_gettop(L);
  const char *templates = lua_tostring(L, top), *end;
  bool is_there = false;
  name = luaL_gsub(L, name, ".", "/");
  for (; *templates != '\0' && !is_there; templates = end + (*end == ';')) {
    lua_settop(L, top + 1);
    end = templates + strcspn(templates, ";");
    lua_pushlstring(L, templates, (size_t)(end - templates));
    is_there = stat(luaL_gsub(L, lua_tostring(L, -1), "?", name), status) == 0;
  }
  lua_replace(L, top);
  lua_settop(L, top);
  return is_there;
}


static bool is_older (const struct stat *one, const struct stat *other) {
  return one->st_mtim.tv_sec != other->st_mtim.tv_sec
         ? one->st_mtim.tv_sec < other->st_mtim.tv_sec
         : one->st_mtim.tv_nsec < other->st_mtim.tv_nsec;
}


/* Pushes the function of a compiled file of `size` bytes. Unlike luaL_loadfile, opens it once.
** False: pushes anything. [-0, +?, m] */
static bool load_compiled (lua_State *L, const char *path, size_t size) {
  char *bytes = (char *)lua_newuserdatauv(L, size, 0);
  FILE *file = fopen(path, "rb");
  const size_t got = file == NULL ? 0 : fread(bytes, 1, size, file);
  if (file != NULL) (void)fclose(file);
  return got == size && luaL_loadbufferx(L, bytes, size, path, "b") == LUA_OK;
}


/* (name) -> loader, path of the source | nothing */
static int find_compiled (lua_State *L) {
  const char *name = luaL_checkstring(L, 1), *file, *templates;
  struct stat source, compiled;
  if (strncmp(name, "mde", 3) != 0 || (name[3] != '\0' && name[3] != '.')) return 0;
  lua_settop(L, 1);
  lua_getfield(L, lua_upvalueindex(1), "path");
  if (!find_file(L, name, &source)) return 0;
  file = lua_pushfstring(L, "mde.compiled%s", name + 3);
  lua_getfield(L, lua_upvalueindex(1), "cpath");
  templates = lua_tostring(L, -1);  /* the first is the program's own */
  lua_pushlstring(L, templates, strcspn(templates, ";"));
  luaL_gsub(L, lua_tostring(L, -1), "?.so", "?.luac");
  if (!find_file(L, file, &compiled) || is_older(&compiled, &source)) return 0;
  if (!load_compiled(L, lua_tostring(L, -1), (size_t)compiled.st_size)) return 0;
  lua_pushvalue(L, 2);
  return 2;
}


/* Adds the searcher, after that of package.preload. The table package is on the top. [-0, +0, m] */
static void add_searcher (lua_State *L) {
  lua_Integer i;
  lua_getfield(L, -1, "searchers");
  for (i = luaL_len(L, -1); i >= 2; i--) {
    lua_geti(L, -1, i);
    lua_seti(L, -2, i + 1);
  }
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, find_compiled, 1);
  lua_seti(L, -2, 2);
  lua_pop(L, 1);
}


void mde_host_set_search (lua_State *L) {
  const char *root;
  push_root(L);
  root = lua_tostring(L, -1);
  lua_getglobal(L, LUA_LOADLIBNAME);
  set_field(L, "path", "!/share/lua" VERSION "?.lua;!/share/lua" VERSION "?/init.lua", root);
  set_field(L, "cpath", "!/lib/lua" VERSION "?.so", root);
  add_searcher(L);
  lua_pop(L, 2);
}
