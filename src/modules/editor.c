/* The module mde.editor: reads lines at a terminal with editing, by libedit.
**
**   editor = editor.open(name)      -- the program's name, for ~/.editrc
**   editor:load(path), editor:save(path)   -> true on success
**   editor:remember(text)
**   editor:read(prompt, complete)   -> line | false (Ctrl-C) | nil (end of input)
**   editor:close()
**
** complete(line, position) is called for a tab, with the line and the number of bytes before the
** cursor. It returns the text to insert there, and the text to show or nil. An error in it is a
** beep, because nothing may be raised across libedit.
**
** While a line is read the terminal sends no signals: Ctrl-C is a key that ends the line. The
** editor restores the terminal before read returns.
*/
#include <histedit.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "class.h"

#define EDITOR "mde.editor"
#define LINES 2000   /* lines of history */
#define PROMPT 64    /* bytes of a prompt, with its NUL */

typedef struct editor {
  EditLine *line;     /* NULL: closed */
  History *history;
  locale_t locale;    /* the environment's, in use while a line is read */
  char prompt[PROMPT];
  bool interrupted;   /* by Ctrl-C */
  lua_State *state;   /* of the running read, or NULL; its completion is at COMPLETE */
} editor;

#define COMPLETE 3

__attribute__((visibility("default"))) int luaopen_mde_editor (lua_State *L);


/* Callbacks of libedit */

static editor *self_of (EditLine *line) {
  void *self = NULL;
  el_get(line, EL_CLIENTDATA, &self);
  return (editor *)self;
}


static char *get_prompt (EditLine *line) {
  return self_of(line)->prompt;
}


/* Ctrl-C: leaves the line on the screen, and ends it. */
static unsigned char interrupt (EditLine *line, int key) {
  (void)key;
  self_of(line)->interrupted = true;
  fputs("^C\n", stdout);
  return CC_NEWLINE;
}


/* Calls the completion, protected: [1] editor -> text, text or nil. */
static int call_completion (lua_State *L) {
  editor *self = (editor *)lua_touserdata(L, 1);
  const LineInfo *info = el_line(self->line);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushlstring(L, info->buffer, (size_t)(info->lastchar - info->buffer));
  lua_pushinteger(L, (lua_Integer)(info->cursor - info->buffer));
  lua_call(L, 2, 2);
  return 2;
}


/* Tab. */
static unsigned char complete (EditLine *line, int key) {
  editor *self = self_of(line);
  lua_State *L = self->state;
  const int top = lua_gettop(L);
  unsigned char effect = CC_ERROR;
  (void)key;
  lua_pushvalue(L, COMPLETE + 1);  /* the protected call, made by read */
  lua_pushlightuserdata(L, self);
  if (lua_pcall(L, 1, 2, 0) == LUA_OK && lua_type(L, -2) == LUA_TSTRING) {
    const char *text = lua_tostring(L, -2), *shown = lua_type(L, -1) == LUA_TSTRING
                                                     ? lua_tostring(L, -1) : NULL;
    if (text[0] != '\0' && el_insertstr(line, text) == 0) effect = CC_REFRESH;
    if (shown != NULL) {
      fprintf(stdout, "\n%s\n", shown);
      effect = CC_REDISPLAY;
    }
  }
  lua_settop(L, top);
  return effect;
}

/* Open and close */

/* Returns the editor at 1, unless it is reading a line: then no completion or finalizer may touch
** it. */
static editor *check_idle (lua_State *L) {
  editor *self = (editor *)luaL_checkudata(L, 1, EDITOR);
  luaL_argcheck(L, self->state == NULL, 1, "the editor is reading a line");
  return self;
}


static editor *check_editor (lua_State *L) {
  editor *self = check_idle(L);
  luaL_argcheck(L, self->line != NULL, 1, "the editor is closed");
  return self;
}


static int close_editor (lua_State *L) {
  editor *self = check_idle(L);
  if (self->line != NULL) el_end(self->line);
  if (self->history != NULL) history_end(self->history);
  if (self->locale != (locale_t)0) freelocale(self->locale);
  self->line = NULL;
  self->history = NULL;
  self->locale = (locale_t)0;
  return 0;
}


/* libedit decodes bytes by the locale. Lua must not see that locale. */
static locale_t enter_locale (const editor *self) {
  return self->locale != (locale_t)0 ? uselocale(self->locale) : (locale_t)0;
}


static void leave_locale (locale_t before) {
  if (before != (locale_t)0) uselocale(before);
}


/* Binds Ctrl-C, tab, and Ctrl-R (search in history). */
static void bind_keys (EditLine *line) {
  el_set(line, EL_EDITOR, "emacs");
  el_set(line, EL_ADDFN, "mde-interrupt", "Ends the line without it.", interrupt);
  el_set(line, EL_ADDFN, "mde-complete", "Completes a name.", complete);
  el_set(line, EL_BIND, "^C", "mde-interrupt", NULL);
  el_set(line, EL_BIND, "^I", "mde-complete", NULL);
  el_set(line, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_set(line, EL_SETTY, "-d", "-isig", NULL);
}


static void set_up (editor *self) {
  HistEvent event;
  el_set(self->line, EL_CLIENTDATA, self);
  el_set(self->line, EL_PROMPT, get_prompt);
  bind_keys(self->line);
  if (self->history != NULL) {
    history(self->history, &event, H_SETSIZE, LINES);
    history(self->history, &event, H_SETUNIQUE, 1);
    el_set(self->line, EL_HIST, history, self->history);
  }
  el_source(self->line, NULL);
}


/* editor.open(name) -> editor | nil, message */
static int open_editor (lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  editor *self = (editor *)lua_newuserdata(L, sizeof *self);
  locale_t before;
  memset(self, 0, sizeof *self);
  luaL_setmetatable(L, EDITOR);
  self->locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
  self->history = history_init();
  before = enter_locale(self);
  self->line = el_init(name, stdin, stdout, stderr);
  if (self->line != NULL) set_up(self);
  leave_locale(before);
  if (self->line != NULL && self->history != NULL) return 1;
  lua_pushnil(L);
  lua_pushliteral(L, "no editor for this terminal");
  return 2;
}

/* Lines */

/* Returns libedit's next line, or NULL. */
static const char *get_line (editor *self, int *count) {
  const locale_t before = enter_locale(self);
  const char *text;
  el_set(self->line, EL_PREP_TERM, 1);  /* before the prompt appears */
  text = el_gets(self->line, count);
  leave_locale(before);
  return text;
}


/* editor:read(prompt, complete) -> line | false | nil */
static int read_line (lua_State *L) {
  const char *prompt = luaL_checkstring(L, 2), *text;
  editor *self;
  int count = 0;
  luaL_checktype(L, COMPLETE, LUA_TFUNCTION);
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  lua_settop(L, COMPLETE);
  lua_pushvalue(L, COMPLETE);
  lua_pushcclosure(L, call_completion, 1);
  self = check_editor(L);  /* last: a finalizer may have closed it meanwhile */
  snprintf(self->prompt, sizeof self->prompt, "%s", prompt);
  self->interrupted = false;
  self->state = L;
  text = get_line(self, &count);
  self->state = NULL;
  if (self->interrupted) lua_pushboolean(L, 0);
  else if (text == NULL || count <= 0) lua_pushnil(L);
  else lua_pushlstring(L, text, (size_t)count - (text[count - 1] == '\n'));
  return 1;
}


/* editor:remember(text) */
static int remember (lua_State *L) {
  const char *text = luaL_checkstring(L, 2);
  HistEvent event;
  history(check_editor(L)->history, &event, H_ENTER, text);
  return 0;
}


static int transfer (lua_State *L, int how) {
  const char *path = luaL_checkstring(L, 2);
  HistEvent event;
  lua_pushboolean(L, history(check_editor(L)->history, &event, how, path) >= 0);
  return 1;
}


/* editor:load(path) -> true on success */
static int load_history (lua_State *L) {
  return transfer(L, H_LOAD);
}


/* editor:save(path) -> true on success; only the user can read the file */
static int save_history (lua_State *L) {
  return transfer(L, H_SAVE);
}


int luaopen_mde_editor (lua_State *L) {
  static const luaL_Reg methods[] = {
    { "read", read_line }, { "remember", remember }, { "load", load_history },
    { "save", save_history }, { "close", close_editor }, { NULL, NULL }
  };
  static const luaL_Reg metamethods[] = { { "__gc", close_editor }, { NULL, NULL } };
  static const luaL_Reg functions[] = { { "open", open_editor }, { NULL, NULL } };
  luaL_checkversion(L);
  mde_class(L, EDITOR, metamethods, methods);
  luaL_newlib(L, functions);
  return 1;
}
