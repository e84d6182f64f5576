/* Checks one argument of an operation. */
#include "argument.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "identifier.h"
#include "utf8.h"

#define LONGEST_NAME 255  /* bytes of a DNS name, and of a file's */


/* Text */

static bool is_blank (const mde_argument *argument) {
  size_t i;
  for (i = 0; i < argument->length; i++)
    if (strchr(" \t\r\n", argument->value[i]) == NULL) return false;
  return true;
}


static const char *text_fault (const mde_argument *argument) {
  if (mde_utf8_span(argument->value, argument->length) < argument->length) return "UTF-8 text";
  return is_blank(argument) ? "text: it is blank" : NULL;
}


/* Words */

/* Reports whether `choices` names it. */
static bool is_choice (const mde_argument *argument, const char *choices) {
  while (choices != NULL && *choices != '\0') {
    const size_t length = strcspn(choices, ",");
    if (length == argument->length
        && memcmp(choices, argument->value, length) == 0)
      return true;
    choices += length;
    choices += strspn(choices, ", ");
  }
  return false;
}


static bool consists_of (const mde_argument *argument, const char *set) {
  size_t i;
  for (i = 0; i < argument->length; i++)
    if (argument->value[i] == '\0' || strchr(set, argument->value[i]) == NULL)
      return false;
  return true;
}


#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Does not begin with a dot or a dash, so that it cannot be part of a path. */
static bool is_name (const mde_argument *argument) {
  return argument->length > 0 && argument->length <= LONGEST_NAME
         && strchr(".-_", argument->value[0]) == NULL
         && consists_of(argument, LETTERS DIGITS ".-_");
}


/* A file's name, without a folder; not "." or "..". */
static bool is_file (const mde_argument *argument) {
  bool only_dots = true;
  size_t i;
  if (text_fault(argument) != NULL || argument->length > LONGEST_NAME)
    return false;
  for (i = 0; i < argument->length; i++) {
    if ((unsigned char)argument->value[i] < ' '
        || strchr("/\\:*?\"<>|\x7F", argument->value[i]) != NULL)
      return false;
    if (argument->value[i] != '.') only_dots = false;
  }
  return !only_dots;
}


static bool is_address (const mde_argument *argument) {
  char text[INET6_ADDRSTRLEN];
  unsigned char address[16];
  if (argument->length >= sizeof text) return false;
  memcpy(text, argument->value, argument->length);
  text[argument->length] = '\0';
  return strlen(text) == argument->length
         && (inet_pton(AF_INET, text, address) == 1
             || inet_pton(AF_INET6, text, address) == 1);
}


static bool is_timestamp (const mde_argument *argument) {
  static const char form[] = "0000-00-00T00:00:00Z";
  size_t i;
  if (argument->length != sizeof form - 1) return false;
  for (i = 0; i < argument->length; i++) {
    const char c = argument->value[i];
    if (form[i] == '0' ? c < '0' || c > '9' : c != form[i]) return false;
  }
  return true;
}


static bool is_query (const mde_argument *argument) {
  size_t i;
  for (i = 0; i < argument->length; i++)
    if (argument->value[i] <= ' ' || argument->value[i] >= 0x7F) return false;
  return true;
}


static bool is_index (const mde_argument *argument) {
  return argument->length > 0 && argument->length < 5
         && consists_of(argument, DIGITS);
}


const char *mde_argument_fault (const mde_argument *argument, mde_kind kind,
                                const char *choices) {
  const char *value = argument->value;
  const size_t length = argument->length;
  char guid[MDE_GUID_LENGTH + 1];
  switch (kind) {
    case MDE_TEXT: return text_fault(argument);
    case MDE_CHOICE:
      return is_choice(argument, choices) ? NULL : choices;
    case MDE_SHA1:
      return mde_hexadecimal(value, length, 40) ? NULL
             : "a SHA-1: 40 hexadecimal digits";
    case MDE_ACTION:
      return mde_guid(value, length, guid) ? NULL
             : "a machine action's id, such as "
               "988cc94e-7a8f-4b28-ab65-54970c5d5018";
    case MDE_MACHINES:
    case MDE_MACHINE:
      return mde_machine_id(value, length) ? NULL
             : "a machine's id: 40 hexadecimal digits";
    case MDE_DEVICE:
      return is_name(argument) ? NULL : "a machine's id or DNS name";
    case MDE_INDEX:
      return is_index(argument) ? NULL : "a whole number from 0 to 9999";
    case MDE_IP: return is_address(argument) ? NULL : "an IP address";
    case MDE_TIMESTAMP:
      return is_timestamp(argument) ? NULL
             : "a date such as 2019-09-22T08:44:05Z";
    case MDE_FILE:
      return is_file(argument) ? NULL : "the name of a file, without a folder";
    case MDE_QUERY:
      return is_query(argument) ? NULL : "a percent-encoded query string";
    case MDE_COMMANDS: break;
  }
  return NULL;
}


const mde_argument *mde_argument_find (const mde_argument *arguments,
                                       size_t count, const char *name,
                                       size_t length) {
  size_t i;
  for (i = 0; i < count; i++)
    if (strncmp(arguments[i].name, name, length) == 0
        && arguments[i].name[length] == '\0')
      return &arguments[i];
  return NULL;
}
