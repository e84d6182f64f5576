/* The table of the service's operations. */
#include "operation.h"

#include <string.h>
#include <strings.h>

/* Permissions. Source: the section Permissions of each operation's page. An
** application holds the names with .All, a user's token those without. */

static const char *const may_cancel[] = {
  "Machine.CollectForensics", "Machine.Isolate", "Machine.RestrictExecution",
  "Machine.Scan", "Machine.Offboard", "Machine.StopAndQuarantine",
  "Machine.LiveResponse", NULL
};

static const char *const may_read[] = {
  "Machine.Read.All", "Machine.ReadWrite.All", "Machine.Read",
  "Machine.ReadWrite", NULL
};

static const char *const may_write[] = {
  "Machine.ReadWrite.All", "Machine.ReadWrite", NULL
};

static const char *const may_isolate[] = { "Machine.Isolate", NULL };
static const char *const may_restrict[] = { "Machine.RestrictExecution", NULL };
static const char *const may_scan[] = { "Machine.Scan", NULL };
static const char *const may_collect[] = { "Machine.CollectForensics", NULL };
static const char *const may_offboard[] = { "Machine.Offboard", NULL };
static const char *const may_quarantine[] = { "Machine.StopAndQuarantine", NULL };
static const char *const may_respond[] = { "Machine.LiveResponse", NULL };
static const char *const may_keep_files[] = { "Library.Manage", NULL };

static const char *const may_fetch_package[] = {
  "Machine.Read.All", "Machine.ReadWrite.All", "Machine.CollectForensics", NULL
};

static const char *const may_fetch_result[] = {
  "Machine.Read.All", "Machine.ReadWrite.All", "Machine.LiveResponse", NULL
};

static const char *const whatever_is_asked[] = { NULL };


#define ACTIONS "/api/machineactions"
#define MACHINES "/api/machines"
#define LIBRARY "/api/libraryfiles"

/* Common to nearly all operations. */
#define USUAL .per_minute = 100, .per_hour = 1500

#define COMMENT { "comment", "Comment", MDE_TEXT, NULL }

/* A launch that takes only a comment. */
#define LAUNCH(called, tail, who)                                            \
  { .name = (called), .method = "POST", .path = MACHINES "/{machine}/" tail, \
    .fields = { COMMENT }, .returns = "action", USUAL, .permissions = (who) }

/* A call that reads. */
#define READ(called, where, what, who)                                       \
  { .name = (called), .method = "GET", .path = (where), .returns = (what),   \
    USUAL, .permissions = (who) }

/* Limits: the section Limitations of each operation's page. The page of
** `cancel` does not say whether Comment is required; Microsoft's own connector
** requires it, and so do we. */
const mde_operation mde_operations[] = {
  { .name = "cancel", .method = "POST", .path = ACTIONS "/{id}/cancel",
    .fields = { COMMENT }, .returns = "action", USUAL,
    .permissions = may_cancel },
  READ("get", ACTIONS "/{id}", "action", may_read),
  { .name = "list", .method = "GET", .path = ACTIONS, .query = true,
    .returns = "actions", USUAL, .permissions = may_read },
  { .name = "package_uri", .method = "GET",
    .path = ACTIONS "/{id}/getPackageUri", .returns = "uri",
    .per_minute = 2, .per_hour = 120, .permissions = may_fetch_package },
  READ("result_uri",
       ACTIONS "/{id}/GetLiveResponseResultDownloadLink(index={index})",
       "uri", may_fetch_result),

  { .name = "isolate", .method = "POST", .path = MACHINES "/{machine}/isolate",
    .fields = { COMMENT, { "type", "IsolationType", MDE_CHOICE,
                           "Full, Selective, UnManagedDevice" } },
    .returns = "action", USUAL, .permissions = may_isolate },
  LAUNCH("unisolate", "unisolate", may_isolate),
  LAUNCH("restrict", "restrictCodeExecution", may_restrict),
  LAUNCH("unrestrict", "unrestrictCodeExecution", may_restrict),
  { .name = "scan", .method = "POST",
    .path = MACHINES "/{machine}/runAntiVirusScan",
    .fields = { COMMENT, { "type", "ScanType", MDE_CHOICE, "Quick, Full" } },
    .returns = "action", USUAL, .permissions = may_scan },
  LAUNCH("collect", "collectInvestigationPackage", may_collect),
  LAUNCH("offboard", "offboard", may_offboard),
  { .name = "quarantine", .method = "POST",
    .path = MACHINES "/{machine}/StopAndQuarantineFile",
    .fields = { COMMENT, { "sha1", "Sha1", MDE_SHA1, NULL } },
    .returns = "action", USUAL, .permissions = may_quarantine },
  { .name = "live_response", .method = "POST",
    .path = MACHINES "/{machine}/runliveresponse",
    .fields = { COMMENT, { "commands", "Commands", MDE_COMMANDS, NULL } },
    .returns = "action", .per_minute = 10, .per_hour = 0,
    .permissions = may_respond },

  { .name = "machines", .method = "GET", .path = MACHINES, .query = true,
    .returns = "machines", USUAL, .permissions = may_read },
  { .name = "find_by_tag", .method = "GET", .path = MACHINES "/findbytag",
    .query = true, .returns = "machines", USUAL, .permissions = may_read },
  READ("find_by_ip", MACHINES "/findbyip(ip='{ip}',timestamp={timestamp})",
       "machines", may_read),
  READ("machine", MACHINES "/{device}", "machine", may_read),
  { .name = "tag_machines", .method = "POST",
    .path = MACHINES "/AddOrRemoveTagForMultipleMachines",
    .fields = { { "tag", "Value", MDE_TEXT, NULL },
                { "action", "Action", MDE_CHOICE, "Add, Remove" },
                { "machines", "MachineIds", MDE_MACHINES, NULL } },
    .returns = "machines", USUAL, .permissions = may_write },
  { .name = "tag", .method = "POST", .path = MACHINES "/{machine}/tags",
    .fields = { { "tag", "Value", MDE_TEXT, NULL },
                { "action", "Action", MDE_CHOICE, "Add, Remove" } },
    .returns = "machine", USUAL, .permissions = may_write },
  { .name = "set_device_value", .method = "POST",
    .path = MACHINES "/{machine}/setDeviceValue",
    .fields = { { "value", "DeviceValue", MDE_CHOICE, "Low, Normal, High" } },
    .returns = "machine", USUAL, .permissions = may_write },

  READ("library", LIBRARY, "files", may_keep_files),
  { .name = "upload", .method = "POST", .path = LIBRARY, .returns = "file",
    USUAL, .permissions = may_keep_files },
  { .name = "delete_file", .method = "DELETE", .path = LIBRARY "/{file}",
    .returns = "nothing", USUAL, .permissions = may_keep_files },

  { .name = "request", .method = "", .path = "", .returns = "anything", USUAL,
    .permissions = whatever_is_asked },
  { .name = NULL }
};


const mde_operation *mde_operation_find (const char *name) {
  const mde_operation *row;
  for (row = mde_operations; row->name != NULL; row++)
    if (strcmp(row->name, name) == 0) return row;
  return NULL;
}


/* Reports whether a path matches that of a row, in which "{x}" stands for any text. The service
** ignores the case of paths. */
static bool has_form (const char *form, const char *path, size_t length) {
  const char *const end = path + length;
  while (*form != '\0') {
    if (*form == '{') {
      const char *const start = path;
      form = strchr(form, '}') + 1;
      while (path < end && *path != *form && *path != '/') path++;
      if (path == start) return false;
    }
    else if (path == end || strncasecmp(form++, path++, 1) != 0) return false;
  }
  return path == end;
}


const mde_operation *mde_operation_match (const char *method,
                                          const char *path, size_t length) {
  const mde_operation *row = mde_operations;
  while (row->path[0] != '\0' && !(strcmp(row->method, method) == 0
                                   && has_form(row->path, path, length)))
    row++;
  return row;
}
