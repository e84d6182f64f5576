/* Tickets: what ends a request when its owner is collected.
**
** A ticket is a userdata that only a table of the engine's refers to, by its owner as a
** weak key. An owner that is gone takes its ticket along, and the finalizer of that
** abandons the request: all Luas have finalizers for userdata, and not all for tables.
** The table keeps the engine alive for the tickets.
*/
#ifndef MDE_TICKET_H
#define MDE_TICKET_H

#include "compat.h"
#include "core/engine.h"

typedef struct mde_ticket {
  mde_engine **engine;  /* NULL in there once it is closed */
  int64_t id;           /* of the owner's last request; 0: it has had none */
} mde_ticket;

/* Makes the metatable of tickets. [-0, +0, m] */
void mde_open_ticket (lua_State *L);

/* Gives the new engine at the top its table. [-0, +0, m] */
void mde_ticket_table (lua_State *L);

/* The ticket of the owner at one index, of the engine at another. [-0, +0, m] */
mde_ticket *mde_ticket_of (lua_State *L, int engine, int owner);

#endif
