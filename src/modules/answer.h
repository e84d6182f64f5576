/* Builds the answers of the simulator's HTTP server.
**
** A body is not kept whole: the simulator's files are a few bytes, repeated.
*/
#ifndef MDE_ANSWER_H
#define MDE_ANSWER_H

#include <lua.h>
#include <microhttpd.h>
#include <stddef.h>

#define MDE_PIECE ((size_t)64 * 1024)  /* bytes sent at once */

/* Makes the answer described by the arguments of server:answer: headers at 4, body at 5, its
** length at 6, its end at 7 (see mde.httpd). If it raises, nothing is left allocated.
** [-0, +0, e] */
struct MHD_Response *mde_answer (lua_State *L);

#endif
