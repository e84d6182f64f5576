/* Turns libcurl's result of a failed transfer into a code and a sentence for people. */
#ifndef MDE_FAILURE_H
#define MDE_FAILURE_H

#include <curl/curl.h>

#include "error.h"
#include "transfer.h"

/* Fills `error` for a transfer, which still has its handle, that ended with
** `result`. */
void mde_failure_tell (mde_transfer *transfer, CURLcode result,
                       mde_error *error);

#endif
