/* What the files of the program `mde` share.
**
** Each mde_host_open_* is the open function of a module that only the program
** has; main.c puts them in package.preload. They follow Lua's own libraries:
** wrong use raises, and what the world does is `nil, message`.
*/
#ifndef MDE_HOST_H
#define MDE_HOST_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int mde_host_open_interrupt (lua_State *L);  /* mde.interrupt */
int mde_host_open_process (lua_State *L);    /* mde.process */
int mde_host_open_supervisor (lua_State *L);  /* mde.supervisor */
int mde_host_open_terminal (lua_State *L);   /* mde.terminal */

/* Pushes the absolute path of the running program, links followed, or raises
** where the system does not tell it. [-0, +1, e] */
void mde_host_push_path (lua_State *L);

/* Sets package.path and package.cpath, which the standard libraries have set from the
** environment, to what this program may load code from. [-0, +0, e] */
void mde_host_set_search (lua_State *L);

#endif
