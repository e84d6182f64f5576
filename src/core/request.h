/* Checks requests: the only way to the network.
**
** Every request is checked here before anything of it is copied or sent: its URL,
** method, headers and proxy. libcurl gets the URL as it was parsed here: nothing is
** parsed twice.
*/
#ifndef MDE_REQUEST_H
#define MDE_REQUEST_H

#include <curl/curl.h>
#include <stdbool.h>

#include "engine.h"

/* Checks `request` except its URL. False with `error` filled
** ("invalid_request", or "out_of_memory"). */
bool mde_request_check (const mde_request *request, mde_error *error);

#endif
