/* Ids in paths of the service, and new GUIDs.
**
** Every id is checked before anything is sent, so that no path is ever made from a
** name with a slash, a space or a percent sign.
*/
#ifndef MDE_IDENTIFIER_H
#define MDE_IDENTIFIER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MDE_GUID_LENGTH 36

/* Reports whether `text` is a GUID (8-4-4-4-12 hexadecimal digits, no braces). If so,
** `guid` is filled in lower case with a NUL: one spelling for each action. */
bool mde_guid (const char *text, size_t length, char guid[MDE_GUID_LENGTH + 1]);

/* Reports whether `text` is `digits` hexadecimal digits. */
bool mde_hexadecimal (const char *text, size_t length, size_t digits);

/* Reports whether `text` is the id of a machine: 40 hexadecimal digits, or 32, as
** on the service's page about collecting a package. */
bool mde_machine_id (const char *text, size_t length);

/* Fills `guid` with a random one (version 4, RFC 9562), in lower case with a NUL.
** False: libcrypto has no random numbers. */
bool mde_guid_new (char guid[MDE_GUID_LENGTH + 1]);

#ifdef __cplusplus
}
#endif

#endif
