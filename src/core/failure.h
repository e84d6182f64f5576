/* What went wrong with a transfer: from what libcurl says to one of the
** engine's codes and a sentence for people.
*/
#ifndef MDE_FAILURE_H
#define MDE_FAILURE_H

#include <curl/curl.h>

#include "error.h"
#include "transfer.h"

/* Fills `error` with the reason why `transfer`, which still has its handle,
** ended with `result`. */
void mde_failure_tell (mde_transfer *transfer, CURLcode result,
                       mde_error *error);

#endif
