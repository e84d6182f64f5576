-- Help topics that are no commands: `mde help environment`, `mde help files`.

local topics = {}

topics.environment = [[
Environment variables that mde reads. Options take precedence over them. With
a profile, those that sign in are ignored.

   AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET
      The tenant, and the application that signs in with its secret.
   AZURE_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PASSWORD,
   AZURE_CLIENT_SEND_CERTIFICATE_CHAIN
      Its certificate with the key (PEM or PFX), instead of the secret.
   AZURE_FEDERATED_TOKEN_FILE
      A file with a token that the application trusts. It is read at each use.
   IDENTITY_ENDPOINT, IDENTITY_HEADER, IDENTITY_SERVER_THUMBPRINT,
   IMDS_ENDPOINT, AZURE_POD_IDENTITY_AUTHORITY_HOST
      The address of a managed identity. Azure sets them.
   AZURE_TOKEN_CREDENTIALS
      The credentials to try: dev, prod, or the name of one.
   MDE_TOKEN
      An access token. It takes precedence over the credentials above.
   MDE_PROFILE
      The profile to use if -p is not given.
   MDE_CONFIG, XDG_CONFIG_HOME
      The configuration file, or the folder that contains mde/config.lua.
      Default: ~/.config.
   AZURE_AUTHORITY_HOST, MDE_API_URL
      The hosts of the login service and of the API, outside the commercial
      cloud.
   MDE_CLOUD
      The cloud if neither a profile nor --cloud names it, such as gcc-high.
      MDE_API_URL takes precedence.
   MDE_STORE
      Where journal and quota are kept: a postgresql:// URL, or memory.
   XDG_STATE_HOME
      The folder that contains the state folder mde. Default: ~/.local/state.
   MDE_CA_FILE
      A PEM file or folder with the trusted authorities, instead of the
      system's.
   MDE_QUOTA
      The calls per minute and hour of a service with other limits, such as
      100,1500; off for none.
   MDE_SIMULATION
      The scenario and address of a simulator. `mde sim` sets it. Questions
      and `mde status` say "simulation" if the client has this address.
   LUA_PATH, LUA_CPATH
      Where playbooks and the prompt find further modules. Relative entries
      are ignored: mde never loads code from the current folder.
   HTTPS_PROXY, NO_PROXY
      The proxy, and the hosts that are reached without it.
   NO_COLOR
      If set, no colours, unless --color always is given.]]

topics.files = [[
Files that mde reads and writes. All but config.lua are in the state folder,
$XDG_STATE_HOME/mde (default: ~/.local/state/mde).

   config.lua
      The profiles, in $XDG_CONFIG_HOME/mde (default: ~/.config/mde). Paths in
      it are relative to its folder. `mde help profiles` shows its form.
   mde.db
      Journal and quota, in SQLite. The newest changes are in mde.db-wal: copy
      or move both together.
   tokens.db
      Access tokens, and the sign-in of `mde login`. Delete it to forget them.
   audit.jsonl
      The audit log: one line per item that was changed. `mde audit verify`
      checks it. To rotate it, move it away: the next line begins a new file,
      which continues the chain.
   audit.id
      The id of the audit log, which the journal knows it by.
   completion.json
      Open actions, for completions in shells; kept for a minute.
   held/
      Locks of the batches that are running.

The configuration, files with secrets, and the state folder must belong to you
or root, and no other user may be able to write them. If others can read a
file with a secret, mde refuses it.]]

return topics
