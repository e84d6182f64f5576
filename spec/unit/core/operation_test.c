/* The table of operations: what is in it, which paths come of it, and that
** nothing malformed becomes one. */
#include "core/operation.h"

#include <stdlib.h>

#include "tap.h"

#define GUID "988cc94e-7a8f-4b28-ab65-54970c5d5018"

/* The result of encoding: either a path or an error. */
static struct {
  bool good;
  char path[256];
  mde_error error;
} result;


static mde_argument make (const char *name, const char *value) {
  const mde_argument argument = { name, value, strlen(value) };
  return argument;
}


/* The buffer has the room asked for and no byte more: valgrind and the address
** sanitizer see whether that is enough. */
static void encode (const char *operation, const mde_argument *arguments,
                    size_t count) {
  const mde_operation *row = mde_operation_find(operation);
  char *buffer = (char *)malloc(mde_operation_room(row, arguments, count));
  size_t length = 0;
  memset(&result, 0, sizeof result);
  result.error.sent = true;
  result.good = mde_operation_path(row, arguments, count, buffer, &length,
                                   &result.error);
  (void)snprintf(result.path, sizeof result.path, "%.*s", (int)length, buffer);
  free(buffer);
}


static void encodes (const char *operation, const mde_argument *arguments,
                     size_t count, const char *path, const char *name) {
  encode(operation, arguments, count);
  check(result.good, name);
  check_text(result.path, path, "  its path");
}


static void refuses (const char *operation, const mde_argument *arguments,
                     size_t count, const char *message, const char *name) {
  encode(operation, arguments, count);
  check(!result.good && strcmp(result.error.code, "invalid_argument") == 0
        && !result.error.sent, name);
  check_text(result.error.message, message, "  its message");
}


static void test_rows (void) {
  const mde_operation *row;
  bool whole = true, sound = true;
  for (row = mde_operations; row->name != NULL; row++) {
    const char *mark = strchr(row->path, '{');
    whole = whole && row->method != NULL && row->returns != NULL
            && row->permissions != NULL
            && (row->permissions[0] != NULL || row->path[0] == '\0')
            && row->per_minute + row->per_hour > 0;
    sound = sound && (strncmp(row->path, "/api/", 5) == 0
                      || strcmp(row->name, "request") == 0)
            && (mark == NULL || strchr(mark, '}') != NULL)
            && mde_operation_find(row->name) == row
            && mde_operation_match(row->method, row->path, strlen(row->path))
               == row;
  }
  check(whole, "each row says all there is to say");
  check(sound, "each path is one, and each row is found by its name and form");
  check(mde_operation_find("explode") == NULL
        && mde_operation_find("") == NULL
        && mde_operation_find("Cancel") == NULL, "others are not found");
  row = mde_operation_find("cancel");
  check(row->per_minute == 100 && row->per_hour == 1500,
        "cancel has the limits that the service documents");
  check_text(row->fields[0].key, "Comment", "  and the key it wants");
}


static void test_paths (void) {
  mde_argument arguments[2];
  arguments[0] = make("id", GUID);
  arguments[1] = make("comment", "isol\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n");
  encodes("get", arguments, 1, "/api/machineactions/" GUID, "get");
  encodes("cancel", arguments, 2, "/api/machineactions/" GUID "/cancel",
          "cancel");
  arguments[0] = make("id", "988CC94E-7A8F-4B28-AB65-54970C5D5018");
  encodes("cancel", arguments, 2, "/api/machineactions/" GUID "/cancel",
          "an id in upper case is lowered");
  encodes("list", NULL, 0, "/api/machineactions", "list");
  arguments[0] = make("query", "$filter=status%20eq%20'Pending'&$top=10");
  encodes("list", arguments, 1,
          "/api/machineactions?$filter=status%20eq%20'Pending'&$top=10",
          "list with a query");
  arguments[0] = make("query", "");
  encodes("list", arguments, 1, "/api/machineactions", "an empty query");
}


#define MACHINE "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"

static void test_machines (void) {
  mde_argument arguments[3];
  arguments[0] = make("machine", "1E5BC9D7E413DDD7902C2932E418702B84D0CC07");
  arguments[1] = make("comment", "by mistake");
  arguments[2] = make("type", "Full");
  encodes("isolate", arguments, 3, "/api/machines/" MACHINE "/isolate",
          "isolate");
  encodes("collect", arguments, 2,
          "/api/machines/" MACHINE "/collectInvestigationPackage", "collect");
  arguments[0] = make("machine", "fb9ab6be3965095a09c057be7c90f0a2");
  encodes("offboard", arguments, 2,
          "/api/machines/fb9ab6be3965095a09c057be7c90f0a2/offboard",
          "a machine id of 32 digits");
  arguments[0] = make("device", "srv-1.contoso.com");
  encodes("machine", arguments, 1, "/api/machines/srv-1.contoso.com",
          "a machine by its name");
  arguments[0] = make("ip", "10.0.0.1");
  arguments[1] = make("timestamp", "2019-09-22T08:44:05Z");
  encodes("find_by_ip", arguments, 2, "/api/machines/findbyip(ip='10.0.0.1',"
          "timestamp=2019-09-22T08:44:05Z)", "machines by address");
  arguments[0] = make("ip", "fe80::1");
  encodes("find_by_ip", arguments, 2, "/api/machines/findbyip(ip='fe80::1',"
          "timestamp=2019-09-22T08:44:05Z)", "  of version 6");
  arguments[0] = make("id", GUID);
  arguments[1] = make("index", "1");
  encodes("result_uri", arguments, 2, "/api/machineactions/" GUID
          "/GetLiveResponseResultDownloadLink(index=1)", "a result");
  arguments[0] = make("file", "a b+\xc3\xa9.ps1");
  encodes("delete_file", arguments, 1,
          "/api/libraryfiles/a%20b%2B%C3%A9.ps1", "a file's name is encoded");
}


static void refuses_value (const char *operation, const char *argument,
                           const char *value, const char *expected) {
  char message[320];
  mde_argument arguments[3];
  arguments[0] = make(argument, value);
  arguments[1] = make("comment", "by mistake");
  arguments[2] = make("machine", MACHINE);
  (void)snprintf(message, sizeof message, "%s: %s '%s' is not %s", operation,
                 argument, value, expected);
  encode(operation, arguments, strcmp(operation, "machine") == 0
         || strcmp(operation, "delete_file") == 0 ? 1 : 3);
  check_text(result.error.message, message, value);
}


static void test_values (void) {
  static const char name[] = "a machine's id or DNS name";
  static const char file[] = "the name of a file, without a folder";
  refuses_value("isolate", "type", "full",
                "one of Full, Selective, UnManagedDevice");
  refuses_value("isolate", "type", "Full,", "one of Full, Selective, "
                "UnManagedDevice");
  refuses_value("scan", "type", "", "one of Quick, Full");
  refuses_value("quarantine", "sha1", "xyz",
                "a SHA-1: 40 hexadecimal digits");
  refuses_value("machine", "device", "../machineactions", name);
  refuses_value("machine", "device", "..", name);
  refuses_value("machine", "device", "", name);
  refuses_value("delete_file", "file", "..", file);
  refuses_value("delete_file", "file", "a/b", file);
  refuses_value("delete_file", "file", "c:x", file);
}


static mde_argument many[MDE_MOST_MACHINES + 3];

static void test_lists (void) {
  size_t i;
  many[0] = make("tag", "VIP");
  many[1] = make("action", "Add");
  for (i = 2; i < MDE_MOST_MACHINES + 3; i++) many[i] = make("machines", MACHINE);
  encodes("tag_machines", many, MDE_MOST_MACHINES + 2,
          "/api/machines/AddOrRemoveTagForMultipleMachines", "500 machines");
  refuses("tag_machines", many, MDE_MOST_MACHINES + 3,
          "tag_machines: more than 500 machines", "501 machines");
  refuses("tag_machines", many, 2, "tag_machines: machines is missing",
          "no machine");
  many[100] = make("machines", "x");
  refuses("tag_machines", many, MDE_MOST_MACHINES + 2, "tag_machines: machines "
          "'x' is not a machine's id: 40 hexadecimal digits",
          "one malformed machine");
}


static void matches (const char *method, const char *path, const char *name) {
  check_text(mde_operation_match(method, path, strlen(path))->name, name, path);
}


static void test_matching (void) {
  matches("POST", "/api/machineactions/" GUID "/cancel", "cancel");
  matches("GET", "/API/MachineActions/x/GetPackageUri", "package_uri");
  matches("GET", "/api/machines/findbyip(ip='10.0.0.1',timestamp=x)",
          "find_by_ip");
  matches("GET", "/api/machines/findbytag", "find_by_tag");
  matches("GET", "/api/machines/x", "machine");
  matches("POST", "/api/machines/x/runliveresponse", "live_response");
  matches("GET", "/api/machines/", "request");
  matches("GET", "/api/machines/x/y", "request");
  matches("POST", "/api/machines/x", "request");
  matches("POST", "/api/advancedqueries/run", "request");
  matches("GET", "", "request");
}


static void test_names (void) {
  mde_argument arguments[3];
  arguments[0] = make("id", GUID);
  arguments[1] = make("comment", "by mistake");
  arguments[2] = make("Comment", "by mistake");
  refuses("cancel", arguments, 3, "cancel takes no argument 'Comment'",
          "an argument whose name has another case");
  refuses("get", arguments, 2, "get takes no argument 'comment'",
          "a comment where none goes");
  refuses("list", arguments, 1, "list takes no argument 'id'",
          "an id where none goes");
  arguments[1] = make("query", "$top=1");
  refuses("get", arguments, 2, "get takes no argument 'query'",
          "a query where none goes");
  refuses("get", NULL, 0, "get: id is missing", "no id");
  refuses("cancel", arguments, 1,
          "cancel: comment is missing: say why, in a few words",
          "no comment");
}


static void test_ids (void) {
  static const char expected[] =
    "is not a machine action's id, such as 988cc94e-7a8f-4b28-ab65-54970c5d5018";
  static const struct { const char *value; size_t length; const char *shown; }
  bad[] = {
    { "", 0, "''" },
    { "../machines", 11, "'../machines'" },
    { "{" GUID "}", 38, "'{" GUID "}'" },
    { GUID "\0", 37, "'" GUID "?'" },
    { GUID "\n", 37, "'" GUID "?'" },
    { "\x1b[2J\xe2\x80\x93.", 8, "'?[2J???.'" },
    { GUID "/" GUID, 73, "'" GUID "/988cc94e-7a8f-4b28-ab65'" }
  };
  char message[320];
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    const mde_argument id = { "id", bad[i].value, bad[i].length };
    (void)snprintf(message, sizeof message, "get: id %s %s", bad[i].shown,
                   expected);
    refuses("get", &id, 1, message, "an id that is none");
  }
}


/* A comment of `length` bytes; `message` is NULL for a good one. */
static void test_comment (const char *value, size_t length,
                          const char *message, const char *name) {
  mde_argument arguments[2];
  arguments[0] = make("id", GUID);
  arguments[1].name = "comment";
  arguments[1].value = value;
  arguments[1].length = length;
  if (message == NULL)
    encodes("cancel", arguments, 2, "/api/machineactions/" GUID "/cancel",
            name);
  else
    refuses("cancel", arguments, 2, message, name);
}


static void test_comments (void) {
  test_comment("", 0, "cancel: comment '' is not text: it is blank",
               "an empty comment");
  test_comment(" \t ", 3, "cancel: comment ' ? ' is not text: it is blank",
               "a blank comment");
  test_comment("a\0b", 3, "cancel: comment 'a?b' is not UTF-8 text",
               "a NUL in a comment");
  test_comment("caf\xe9 x", 6, "cancel: comment 'caf? x' is not UTF-8 text",
               "a comment in Latin-1");
}


static void test_characters (void) {
  static const struct { const char *bytes; bool good; const char *name; }
  characters[] = {
    { "\x7f\xc2\x80", true, "the last of one byte, the first of two" },
    { "\xdf\xbf\xe0\xa0\x80", true, "the last of two, the first of three" },
    { "\xed\x9f\xbf\xee\x80\x80", true, "around the surrogates" },
    { "\xef\xbf\xbf\xf0\x90\x80\x80", true, "the last of three, the first of four" },
    { "\xf4\x8f\xbf\xbf", true, "the last of Unicode" },
    { "\x80", false, "a byte that continues nothing" },
    { "\xff", false, "a byte that begins nothing" },
    { "\xc3", false, "a character of two, cut" },
    { "\xe2\x82", false, "a character of three, cut" },
    { "\xf0\x9f\x98", false, "a character of four, cut" },
    { "\xe2\x82z", false, "a character cut by another" },
    { "\xc1\xbf", false, "an overlong character of two" },
    { "\xe0\x9f\xbf", false, "an overlong character of three" },
    { "\xf0\x8f\xbf\xbf", false, "an overlong character of four" },
    { "\xed\xa0\x80", false, "the first surrogate" },
    { "\xed\xbf\xbf", false, "the last surrogate" },
    { "\xf4\x90\x80\x80", false, "beyond Unicode" },
    { "\xf8\x88\x80\x80\x80", false, "a character of five" }
  };
  mde_argument arguments[2];
  size_t i;
  arguments[0] = make("id", GUID);
  for (i = 0; i < sizeof characters / sizeof *characters; i++) {
    arguments[1] = make("comment", characters[i].bytes);
    encode("cancel", arguments, 2);
    check(result.good == characters[i].good, characters[i].name);
  }
  /* The bytes after the argument in memory must not complete it. */
  arguments[1] = make("comment", "\xc3\xa9");
  arguments[1].length = 1;
  encode("cancel", arguments, 2);
  check(!result.good, "a character whose end is not the argument's any more");
}


static void test_queries (void) {
  static const struct { const char *value; size_t length; const char *shown; }
  bad[] = {
    { "$filter=status eq", 17, "$filter=status eq" },
    { "a=1\r\nX: y", 9, "a=1??X: y" },
    { "a=\0", 3, "a=?" },
    { "a=\x7f", 3, "a=?" },
    { "a=\xc3\xa9", 4, "a=??" },
    { " ", 1, " " }
  };
  char message[320];
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    const mde_argument query = { "query", bad[i].value, bad[i].length };
    (void)snprintf(message, sizeof message, "list: query '%s' is not a "
                   "percent-encoded query string", bad[i].shown);
    refuses("list", &query, 1, message, "a query that is none");
  }
}


int main (void) {
  tap_begin();
  test_rows();
  test_paths();
  test_machines();
  test_values();
  test_lists();
  test_matching();
  test_names();
  test_ids();
  test_comments();
  test_characters();
  test_queries();
  return tap_end();
}
