/* Tickets: userdata that end a request when its owner is collected.
**
** A ticket is kept only in a table of the engine, with its owner as a weak key. When the
** owner is collected, so is the ticket, whose finalizer abandons the request: all versions
** of Lua have finalizers for userdata, but not all for tables. The table keeps the engine
** alive for the tickets.
*/
#ifndef MDE_TICKET_H
#define MDE_TICKET_H

#include "compat.h"
#include "core/engine.h"

typedef struct mde_ticket {
  mde_engine **engine;  /* NULL in there once it is closed */
  int64_t id;           /* of the owner's last request; 0: none */
} mde_ticket;

/* Makes the metatable of tickets. [-0, +0, m] */
void mde_open_ticket (lua_State *L);

/* Gives the new engine at the top its table. [-0, +0, m] */
void mde_ticket_table (lua_State *L);

/* The ticket of the owner at one index, of the engine at another. [-0, +0, m] */
mde_ticket *mde_ticket_of (lua_State *L, int engine, int owner);

#endif
