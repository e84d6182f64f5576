/* The answers of the simulator's HTTP server. A body need not be kept whole: the
** simulator's files are a few bytes, repeated.
*/
#ifndef MDE_ANSWER_H
#define MDE_ANSWER_H

#include <lua.h>
#include <microhttpd.h>
#include <stddef.h>

#define MDE_PIECE ((size_t)64 * 1024)  /* bytes that are sent at once */

/* The answer that the arguments of server:answer describe: headers at 4, body at 5, its
** length at 6 and where it ends at 7 (see mde.httpd). Raises before anything is made, or
** once it is freed. [-0, +0, e] */
struct MHD_Response *mde_answer (lua_State *L);

#endif
