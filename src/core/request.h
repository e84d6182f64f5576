/* The choke point: what is allowed to go out.
**
** Every request passes here before anything of it is copied or sent. No URL
** part, method, header or proxy that libcurl gets has not been seen here, and
** libcurl gets the URL as it was parsed here: nothing is parsed twice.
*/
#ifndef MDE_REQUEST_H
#define MDE_REQUEST_H

#include <curl/curl.h>
#include <stdbool.h>

#include "engine.h"

/* Checks all of `request` but its URL. False with `error` filled
** ("invalid_request", or "out_of_memory"). */
bool mde_request_check (const mde_request *request, mde_error *error);

/* The parsed URL of `request`, for the caller to curl_url_cleanup, and whether
** it is https. NULL with `error` filled as above. */
CURLU *mde_request_url (const mde_request *request, bool *https,
                        mde_error *error);

#endif
