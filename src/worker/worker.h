/* The worker: the process in which a policy runs.
**
** supervisor.c starts it as `mde --worker` with an empty environment, and with two pipes as its
** standard input and output, and sends its limits. Before it reads anything else it gives up every
** right that the system would grant it (confinement.c). A policy that exceeds a limit ends the
** process, because it could catch an error.
*/
#ifndef MDE_WORKER_H
#define MDE_WORKER_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdint.h>

#include "codec.h"

#define MDE_WORKER_OPTION "--worker"
#define MDE_REASON_MOST 1024       /* bytes of a reason */
#define MDE_SOURCE_MOST 262144  /* 256 KiB: bytes of a policy, or of one of its modules */

/* The first bytes sent to the worker. */
typedef struct mde_limits {
  double load, average, longest;  /* seconds of computing: to load; per action on average; for
                                  ** one action. Twice as many of wall-clock time are allowed */
  uint64_t memory;                /* bytes that Lua may use */
  uint64_t output;                /* bytes that may be printed */
  uint64_t coverage;              /* 1: records the lines of `decide` that run */
  int64_t time;                   /* the result of os.time */
  uint64_t seed;                  /* of math.random */
  uint64_t parent;                /* the process that started the worker */
} mde_limits;

/* Exit statuses of a worker that ends itself. A policy cannot choose one: it has no os.exit. */
enum {
  MDE_END_WELL = 0,
  MDE_END_LOAD = 101, MDE_END_AVERAGE, MDE_END_LONGEST, MDE_END_MEMORY, MDE_END_OUTPUT,
  MDE_END_UNCONFINED = 111,  /* the system does not confine it */
  MDE_END_GARBLED,           /* a frame was malformed */
  MDE_END_ALONE              /* the program has ended */
};

/* Returns true if the program was started as a worker. If a user gave the option, prints that it
** is internal, and ends. */
bool mde_worker_is_asked (int count, char **arguments);
_Noreturn void mde_worker_run (void);

/* confinement.c: closes descriptors, lowers limits, forbids system calls. Returns false if the
** system refuses. */
bool mde_confine (const mde_limits *limits);

/* limits.c */
typedef enum mde_phase { MDE_IDLE, MDE_LOADING, MDE_DECIDING } mde_phase;
bool mde_limits_start (const mde_limits *limits);
void mde_limits_enter (mde_phase phase);
bool mde_limits_are_for_loading (void);
void mde_limits_look (void);            /* ends the process if a time limit is exceeded */
void mde_limits_print (size_t size);    /* counts bytes to print, and ends above the limit */
void *mde_limits_allocate (void *unused, void *block, size_t old, size_t size);

/* channel.c */
void mde_channel_fill (void *bytes, size_t size);  /* reads `size` bytes, before any frame */
mde_frame mde_channel_read (void);         /* valid until the next is read */
mde_frames *mde_channel_begin (char kind);  /* drops a frame that was not ended */
void mde_channel_end (void);
void mde_channel_flush (void);
_Noreturn void mde_channel_exit (int status);  /* sends whole frames first; async-signal-safe */
void mde_channel_wait (bool begins);       /* notes that waiting for the program begins or ends */
bool mde_channel_is_waiting (void);
double mde_channel_waited (void);          /* seconds of all waits that have ended */

/* source.c: compiles a policy's text and pushes the function, or raises. [-0, +1, e] */
void mde_source_load (lua_State *L, const char *text, size_t size, const char *name);

/* environment.c: makes the globals of policies, and nothing else reachable. [-0, +0, e] */
void mde_environment_open (lua_State *L, const mde_limits *limits);

/* rules.c: mde_rules_take keeps `decide` of the policy's table on the top, or raises.
** mde_rules_decide pushes the decision (or nil) and the reason of the first rule that decides on
** the action and machine on the top. */
void mde_rules_take (lua_State *L);                  /* [-0, +0, e] */
void mde_rules_decide (lua_State *L);                /* [-0, +(2..), e] */
bool mde_rules_push (lua_State *L, lua_Integer place);  /* [-0, +(0|1), -] */

/* coverage.c: mde_coverage_start checks the limits every so many instructions and, with `lines`,
** records the lines that run of the policy set by mde_coverage_watch. mde_coverage_push pushes
** { reached, active }, the lines of the functions in `decide`. */
void mde_coverage_start (lua_State *L, bool lines);
void mde_coverage_watch (const char *name);
void mde_coverage_push (lua_State *L);                  /* [-0, +1, e] */

#endif
