/* Applies the rules of a policy's `decide` to an action and its machine. */
#include <string.h>

#include "worker.h"

#define RULES_MOST 100

static char rules;  /* its address is the key of the list in the registry */
static const char *const decisions[] = { "cancel", "keep", "undo" };


/* Returns the decision named by the value at `index`, or NULL. */
static const char *find_decision (lua_State *L, int index) {
  size_t length, i;
  const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &length) : NULL;
  for (i = 0; text != NULL && i < sizeof decisions / sizeof decisions[0]; i++)
    if (length == strlen(decisions[i]) && memcmp(text, decisions[i], length) == 0)
      return decisions[i];
  return NULL;
}


/* Moves the rule on the top into the list below it. */
static void add_rule (lua_State *L, lua_Integer place) {
  if (lua_type(L, -1) != LUA_TFUNCTION && find_decision(L, -1) == NULL)
    luaL_error(L, "decide must be \"cancel\", \"keep\", \"undo\", a function, or a list of those");
  lua_rawseti(L, -2, place);
}


void mde_rules_take (lua_State *L) {
  lua_Unsigned count, i;
  lua_pushliteral(L, "decide");
  lua_rawget(L, -2);
  lua_newtable(L);
  if (lua_type(L, -2) == LUA_TTABLE) {
    count = lua_rawlen(L, -2);
    if (count > RULES_MOST) luaL_error(L, "decide has more than %d rules", RULES_MOST);
    for (i = 1; i <= count; i++) {
      lua_rawgeti(L, -2, (lua_Integer)i);
      add_rule(L, (lua_Integer)i);
    }
  } else if (!lua_isnil(L, -2)) {
    lua_pushvalue(L, -2);
    add_rule(L, 1);
  }
  lua_rawsetp(L, LUA_REGISTRYINDEX, &rules);
  lua_pop(L, 1);
}


/* Pushes the reason in the decision at `index`. */
static void push_reason (lua_State *L, int index) {
  lua_pushliteral(L, "reason");
  if (lua_rawget(L, index) == LUA_TSTRING) return;
  if (!lua_isnil(L, -1))
    luaL_error(L, "the reason of a decision is a %s: expected text", luaL_typename(L, -1));
  lua_pop(L, 1);
  lua_pushliteral(L, "");
}


/* Pushes decision and reason of the value at `index`: the result of `cancel` and the like, or the
** name of a decision. Reads raw values only, so that no code of the policy runs. */
static void judge (lua_State *L, int index) {
  const char *decision = find_decision(L, index);
  bool is_table = decision == NULL && lua_type(L, index) == LUA_TTABLE;
  if (is_table) {
    lua_pushliteral(L, "decision");
    lua_rawget(L, index);
    decision = find_decision(L, -1);
  }
  if (decision == NULL)
    luaL_error(L, "decide returned a %s: expected cancel(reason), keep(reason), undo(reason) or"
               " nothing", luaL_typename(L, index));
  lua_pushstring(L, decision);
  if (is_table) push_reason(L, index);
  else lua_pushliteral(L, "");
}


/* If the rule on the top is a function, replaces it by its result. */
static void ask (lua_State *L, int action, int machine) {
  if (!lua_isfunction(L, -1)) return;
  lua_pushvalue(L, action);
  lua_pushvalue(L, machine);
  lua_call(L, 2, 2);
  if (!lua_isnil(L, -1))
    luaL_error(L, "decide returned two values: expected one, such as cancel(reason)");
  lua_pop(L, 1);
}


void mde_rules_decide (lua_State *L) {
  int action = lua_gettop(L) - 1, list = action + 2;
  lua_Integer place, count;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &rules);
  count = (lua_Integer)lua_rawlen(L, -1);
  for (place = 1; place <= count; place++) {
    lua_rawgeti(L, list, place);
    ask(L, action, action + 1);
    if (!lua_isnil(L, -1)) {
      judge(L, lua_gettop(L));
      return;
    }
    lua_pop(L, 1);
  }
  lua_pushnil(L);
  lua_pushliteral(L, "");
}


/* Pushes rule `place`. Returns false, and pushes nothing, if there is none. [-0, +(0|1), -] */
bool mde_rules_push (lua_State *L, lua_Integer place) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &rules);
  lua_rawgeti(L, -1, place);
  lua_remove(L, -2);
  if (!lua_isnil(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}
