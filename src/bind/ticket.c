/* Tickets: userdata that end a request when its owner is collected. */
#include "ticket.h"

#include "bind.h"

#define MDE_TICKET "mde.ticket"


static int collect (lua_State *L) {
  const mde_ticket *ticket = (mde_ticket *)luaL_checkudata(L, 1, MDE_TICKET);
  if (*ticket->engine != NULL && ticket->id > 0)
    mde_engine_abandon(*ticket->engine, ticket->id);
  return 0;
}


void mde_open_ticket (lua_State *L) {
  static const luaL_Reg metamethods[] = { { "__gc", collect }, { NULL, NULL } };
  static const luaL_Reg methods[] = { { NULL, NULL } };
  mde_class(L, MDE_TICKET, metamethods, methods);
}


void mde_ticket_table (lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "engine");
  lua_setuservalue(L, -2);
}


/* A new ticket in the table at the top. [-0, +1, m] */
static mde_ticket *add (lua_State *L, mde_engine **engine, int owner) {
  mde_ticket *ticket = (mde_ticket *)lua_newuserdata(L, sizeof *ticket);
  ticket->engine = engine;
  ticket->id = 0;
  lua_pushvalue(L, -2);
  lua_setuservalue(L, -2);
  luaL_getmetatable(L, MDE_TICKET);
  lua_setmetatable(L, -2);
  lua_pushvalue(L, owner);
  lua_pushvalue(L, -2);
  lua_rawset(L, -4);
  return ticket;
}


mde_ticket *mde_ticket_of (lua_State *L, int engine, int owner) {
  const int top = lua_gettop(L);
  mde_ticket *ticket;
  lua_getuservalue(L, engine);
  lua_pushvalue(L, owner);
  lua_rawget(L, -2);
  ticket = (mde_ticket *)lua_touserdata(L, -1);
  if (ticket == NULL) {
    lua_pop(L, 1);
    ticket = add(L, (mde_engine **)lua_touserdata(L, engine), owner);
  }
  lua_settop(L, top);
  return ticket;
}
