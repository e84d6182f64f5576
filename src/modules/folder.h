/* Functions of mde.file that make folders. */
#ifndef MDE_HOST_FOLDER_H
#define MDE_HOST_FOLDER_H

#include <lua.h>

/* file.make_folder(path) -> true | nil, message, errno. Makes what is missing of the path,
** each folder for its owner alone (mode 0700). One that is there must be ours: owner.h. */
int mde_file_make_folder (lua_State *L);

/* file.make_temporary_folder() -> path | nil, message, errno. A new folder of an unforeseeable
** name in TMPDIR or /tmp, for its owner alone. */
int mde_file_make_temporary_folder (lua_State *L);

#endif
