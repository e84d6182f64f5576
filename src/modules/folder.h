/* Makes folders for their owner only: functions of mde.file. */
#ifndef MDE_HOST_FOLDER_H
#define MDE_HOST_FOLDER_H

#include <lua.h>

/* file.make_folder(path) -> true | nil, message, errno. Makes the missing folders of the path, each
** with mode 0700. An existing folder must be ours (owner.h). */
int mde_file_make_folder (lua_State *L);

/* file.make_temporary_folder() -> path | nil, message, errno. Makes a folder with a random name in
** TMPDIR or /tmp, with mode 0700. */
int mde_file_make_temporary_folder (lua_State *L);

#endif
