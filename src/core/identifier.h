/* The ids that go into a path of the service, and new ones.
**
** Every id is checked here before anything is sent, so that a path can never
** be built from a name with a slash, a space or a percent sign.
*/
#ifndef MDE_IDENTIFIER_H
#define MDE_IDENTIFIER_H

#include <stdbool.h>
#include <stddef.h>

#define MDE_GUID_LENGTH 36

/* Whether `text` is a GUID (8-4-4-4-12 hexadecimal digits, no braces). If so,
** `guid` gets it in lower case with a NUL: one spelling for each action. */
bool mde_guid (const char *text, size_t length, char guid[MDE_GUID_LENGTH + 1]);

/* Whether `text` is `digits` hexadecimal digits. */
bool mde_hexadecimal (const char *text, size_t length, size_t digits);

/* Whether `text` is the id of a machine: 40 hexadecimal digits, or 32 as the
** service's page on collecting a package has it. */
bool mde_machine_id (const char *text, size_t length);

/* Fills `guid` with a random one (version 4, RFC 9562), in lower case with a NUL.
** False: libcrypto has no random numbers. */
bool mde_guid_new (char guid[MDE_GUID_LENGTH + 1]);

#endif
