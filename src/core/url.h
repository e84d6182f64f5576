/* Parses URLs, and allows https, and http to addresses of this machine or its host only. */
#ifndef MDE_URL_H
#define MDE_URL_H

#include <curl/curl.h>
#include <stdbool.h>

#include "engine.h"

/* The parsed URL of `request`, for the caller to curl_url_cleanup, and whether it is https. NULL
** with `error` filled ("invalid_request", or "out_of_memory"). */
CURLU *mde_request_url (const mde_request *request, bool *https, mde_error *error);

/* A parsed URL, for the caller to curl_url_cleanup; `what` names it in errors, `flags` are those of
** curl_url_set. NULL with `error` filled as above. */
CURLU *mde_url_parse (const char *text, const char *what, unsigned flags, mde_error *error);

/* A part of a URL, for the caller to curl_free. False with `error` filled as above. */
bool mde_url_part (CURLU *url, CURLUPart part, char **text, mde_error *error);

#endif
