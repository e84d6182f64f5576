/* Declarations shared by the files of the program `mde`.
**
** Each mde_host_open_* opens a module that only the program has; main.c puts them in
** package.preload. As in Lua's own libraries, wrong use raises, and a runtime failure is
** `nil, message`.
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

/* If Ctrl-C at a terminal led to this exit status, ends the program by SIGINT. Only then a shell
** also ends the loop or script that ran it. */
void mde_host_end_interrupted (int status);

/* Pushes the absolute path of the running program, without links, or raises if the system does not
** report it. [-0, +1, e] */
void mde_host_push_path (lua_State *L);

/* Restricts package.path and package.cpath, which the standard libraries have set from the
** environment, to places from which this program may load code. [-0, +0, e] */
void mde_host_set_search (lua_State *L);

#endif
