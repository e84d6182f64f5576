---@meta mde
-- Made by doc/generate.lua from the comments in lua/mde: change those, and run `make reference`.

---@class mde
---@field _VERSION string
local mde = {}

---@class mde.client
---@field profile? string the name of the profile that it was made of
local client = {}

---@class mde.secret
---@field reveal fun(self: mde.secret): string its text; a secret itself prints as <secret>

--- Makes a client: one application in one tenant. Missing options come from the environment
--- (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and others, MDE_TOKEN, MDE_API_URL,
--- MDE_QUOTA). With `profile` they come from the configuration file, and no credential comes
--- from the environment. Sends nothing.
---
---     local client = assert(mde.client { profile = "contoso" })
---@param options? mde.options
---@return mde.client? client
---@return mde.error? err
function mde.client(options) end

--- Makes a client for each of several profiles of the configuration file, in the order of their
--- names. `client.profile` is the profile's name. Does not sign in yet.
---
---     for _, client in ipairs(assert(mde.clients { profiles = "emea-*" })) do print(client.profile) end
---@param options mde.options|{profiles?: string|string[], all?: true} `profiles` is "emea-*", "a,b" or an array; other options take precedence over the profiles'
---@return mde.client[]? clients
---@return mde.error? err
function mde.clients(options) end

--- Sets the store of quota and tokens for clients made from now on.
---@param another mde.store
function mde.use(another) end

--- Which machines these actions have isolated, or may yet: what client:isolated tells of the whole
--- history, for actions that you have read.
---@param actions mde.action[] the newest first, as client:list gives them
---@param state? "isolated"|"restricted" default "isolated"
---@return mde.isolated[] rows the latest first
function mde.isolated(actions, state) end

--- Checks the arguments of an operation, and sends nothing.
---
---     assert(mde.check("cancel", { id = id, comment = "INC0048211" }))
---@param operation string such as "cancel", "isolate" or "scan"
---@param arguments table<string, any> as the service names them
---@return true? good
---@return mde.error? err what is wrong with which argument
function mde.check(operation, arguments) end

--- The seconds of a duration.
---@param value string|number text such as "90s", "4h" or "1d12h", or seconds
---@return number? seconds
---@return string? problem
function mde.seconds(value) end

--- A duration for people, in at most two units: "3d 4h", "12m 5s".
---@param seconds number
---@return string
function mde.duration(seconds) end

--- Keeps a text so that it prints as <secret>, is erased when it is collected, and compares with
--- another secret in constant time.
---@param text string
---@return mde.secret
function mde.secret(text) end

--- The HMAC of a text with SHA-256, to verify signed requests.
---@param key string|mde.secret
---@param text string
---@return string code 32 bytes
function mde.hmac_sha256(key, text) end

--- Makes an error like those of the library. A store, or the record of a batch, raises one with
--- the code "store" to stop the calls that it could not write down.
---@param fields {code: mde.error_code, message: string}
---@return mde.error
function mde.error(fields) end

---@class mde.options
---@field tenant? string id (a GUID) or domain name of the tenant
---@field client_id? string id of the application (a GUID)
---@field client_secret? string|fun(): string?, mde.error? its secret, or a function that returns it on use
---@field client_certificate? string path of its certificate with its key: PEM or PFX
---@field client_certificate_password? string
---@field client_certificate_algorithm? "PS256"|"RS256" default "PS256"
---@field send_certificate_chain? boolean for applications that accept certificates by issuer and name
---@field federated_token_file? string path of a file with a token that the application trusts
---@field managed_identity? boolean|string the machine's identity: true, or a client id
---@field azure_cli? true the user of the Azure CLI, even if other work of this process waits while it runs
---@field run_secret_command? true run the profile's secret_command, even if other work of this process waits meanwhile
---@field token? string an access token, instead of tenant, client_id and a credential
---@field profile? string instead of all these: a profile of the configuration file
---@field config? string with a profile: the path of another configuration file
---@field cloud? "commercial"|"us"|"eu"|"uk"|"au"|"swa"|"ina"|"aea"|"gcc"|"gcc-high"|"dod" default "commercial"
---@field api_url? string base of the service's API, instead of the cloud's
---@field authority? string base of the login service, instead of the cloud's
---@field ca_file? string PEM file or folder of trusted authorities; default the system's
---@field proxy? string|false URL; false: none; default HTTPS_PROXY, except for hosts in NO_PROXY
---@field timeout? number seconds for a whole request; default 60
---@field http_version? "1.1"|"2" default the highest that the service supports
---@field user_agent? string
---@field quota? {per_minute?: integer, per_hour?: integer}|false limits of the service, if other than usual; false: none
---@field reserve? number share of the quota that is kept free for others, from 0 to 0.9; default 0
---@field host? "plain"|"nmap"|"nginx"|"haproxy"|"cqueues"|"luv"|mde.host the program or event loop that runs this Lua; default the program detected
---@field store? mde.store keeps quota and tokens; default that of the host: memory, in nginx its dictionary `mde`
---@field on_request? fun(record: mde.request_record) called after each request, without its secrets
---@field on_notice? fun(notice: mde.notice) called if a call takes longer than usual

---@class mde.notice
---@field code "not_found"|"too_many_requests"|"service"|"quota" an action that was not found is read again; the service asks to wait; the service fails; the quota is used up
---@field message string for people
---@field seconds? number until the call continues, if known
---@field operation? string
---@field id? string the machine action

---@class mde.request_record
---@field method string
---@field host string
---@field path string
---@field operation string
---@field status? integer of the answer
---@field request_id? string the service's correlation id
---@field seconds number
---@field error? mde.error

---@class mde.configuration
---@field defaults? mde.profile supply the fields that a profile lacks
---@field profiles table<string, mde.profile>

--- Also has the fields of `mde.options` for tenant, sign-in, addresses and limits. A path may
--- begin with "~/"; otherwise it is relative to the folder of the configuration.
---@class mde.profile: mde.options
---@field secret_command? string|string[] a shell command, or a program and its arguments, that prints the secret
---@field secret_file? string a file with the secret
---@field guard? mde.guard limits on every change of this tenant
---@field notify? string[] a program and its arguments, which gets events of changes on its standard input

---@class mde.batch_call
---@field change "cancel"|"isolate"|"unisolate"|"restrict"|"unrestrict"|"scan"|"collect"|"quarantine"|"live_response"|"add_tag"|"remove_tag"|"set_value"|"upload"|"delete_file"|"request"
---@field targets table|function array or iterator of ids or actions; launches, tags, values: machines, ids, names, actions; uploads: paths; delete_file: names; requests: { method, path, query, body }
---@field client? mde.client default mde.client()
---@field comment? string the reason; cancels and launches require it
---@field name? string of the batch; default date and number
---@field yes? boolean agrees beforehand; requires `max`
---@field max? integer the most items to change
---@field override? string[] with `yes`: guards that may be exceeded
---@field parallel? integer calls at once; default 10
---@field wait? number seconds to wait for the end of each action
---@field canary? integer items of each change to carry out first; 0: none
---@field give_up? number seconds after which it stops while the service fails; default 1800
---@field unverified? boolean proceed although the token cannot read results
---@field on_item? fun(item: mde.item) called with each item when it ends
---@field type? string of a launch: "Full", "Selective" or "Quick"
---@field sha1? string of a quarantine
---@field commands? table[] of a live response
---@field value? string the tag, or the device value
---@field description? string of an upload, as are `parameters` and `overwrite`: see client:upload
---@field parameters? string
---@field overwrite? boolean

---@class mde.batch_report
---@field batch? string its name, for `mde resume` and `mde batch`; nil: there was nothing to change
---@field counts table<mde.verdict, integer>
---@field open? integer items that `mde resume` continues; nil: the store failed
---@field stopped? string why it stopped before its end
---@field status integer the exit status of a command that does the same

--- Carries out changes as a batch of the journal, as the commands do: with the guards of the
--- profile, the question at the terminal, canary, summary and audit log. `mde resume` continues
--- it if the program dies, and `mde undo` undoes it. Only in a playbook (`mde run`) and at the
--- prompt (`mde repl`). `mde run` ends with the exit status of its batches.
---
---     local report = assert(mde.batch { change = "cancel", comment = "Stuck, CHG-4711",
---       targets = client:actions { type = "LiveResponse", older_than = "4h" },
---       client = client, yes = true, max = 50 })
---@param options mde.batch_call
---@return mde.batch_report? report
---@return mde.error? err nothing was sent
function mde.batch(options) end

--- Moves all calls of the client as far as they go without waiting, for programs with a loop of
--- their own. Sleep for `pause` before the next step. It grows to 50 ms while answers are awaited,
--- and is at least a millisecond per call, since each call may have a thread that steps.
---
---     local pause = client:step()
---     timer:start(math.ceil(pause * 1000), 0, drive)    -- luv: examples/event_loops
---@return number pause seconds
---@return number seconds for which nothing is to be done unless an answer comes; at most 1
function client:step() end

--- The descriptor for event loops (Linux): readable while client:step() has something to do. Wait
--- for it at most client:timeout() seconds, then step. All clients of a Lua state share it.
---
---     loop:wrap(function()  -- cqueues; luv takes it with uv.new_poll(client:pollfd())
---       while true do
---         client:step()
---         cqueues.poll(client)
---       end
---     end)
---@return integer? descriptor
---@return mde.error? err
function client:pollfd() end

--- The events of client:pollfd() to wait for, as cqueues names them.
---@return "r"
function client:events() end

--- Seconds until client:step() has something to do although client:pollfd() is not readable.
---@return number? seconds nil: not before the descriptor is readable, or a call is made
function client:timeout() end

--- Cancels one action. If the answer is lost, the action is read before anything is sent again.
--- Requires one of the permissions that launch actions, and Machine.Read.All.
---
---     local action, verdict = client:cancel(id, { comment = "Stuck, CHG-4711" })
---     print(id, action and verdict or tostring(verdict))
---@param target string|mde.action its id, or the action itself
---@param options {comment: string, wait?: number} the reason, which the service keeps; seconds to wait for the end of an accepted action (default 0)
---@return mde.action? action as last read
---@return mde.verdict|mde.error verdict or, without an action, the error
---@return mde.verdict? verdict with an error
function client:cancel(target, options) end

--- Reads one action.
---@param target string|mde.action its id, or the action, which is read again
---@return mde.action? action
---@return mde.error? err
function client:action(target) end

--- Ends every call with an error. May be called again.
function client:close() end

--- Returns the actions that match, in an array, the newest first.
---@param wanted? mde.action_criteria
---@return mde.action[]? actions
---@return mde.error? err
function client:list(wanted) end

--- Iterates over the actions that match, reading pages of a thousand. Errors are raised (as mde.error),
--- so that a partial list is never taken for a complete one.
---
---     for action in client:actions { type = "Isolate", older_than = "4h" } do print(action) end
---@param wanted? mde.action_criteria
---@return fun(): mde.action? iterator
function client:actions(wanted) end

--- Explains which criteria the service filters and which are filtered here. Sends nothing.
---@param wanted mde.action_criteria|mde.machine_criteria
---@param kind? "actions"|"machines" default "actions"
---@return {path: string, service?: string, here: string[], order?: string, limit?: integer}? told
---@return mde.error? err
function client:explain(wanted, kind) end

--- Waits until an action is final, or each of an array of actions. One list call reads many. The
--- given action does not change; its new state is returned.
---
---     local action, err = client:wait(id, { timeout = "10m" })
---@param target string|mde.action|(string|mde.action)[]
---@param options? {timeout?: number|string} seconds, or "10m"; default an hour
---@return mde.action|{id: string, action?: mde.action, error?: mde.error}[]|nil action or, of an array, an array in the same order
---@return mde.error? err code "deadline" if that took longer, "interrupted" if it was stopped; err.action is the action as last read
function client:wait(target, options) end

--- Cancels the open actions on a machine, and reads the results. An action that has no machine yet,
--- such as a live response that was just launched, is not found.
---@param target string|mde.machine|mde.action a machine, its id or name, or an action on it
---@param options {comment: string, older_than?: number|string, type?: mde.action_type|mde.action_type[]}
---@return {items: mde.item[], kept: mde.action[]}? result `kept` are the open actions that were not cancelled
---@return mde.error? err
function client:unblock(target, options) end

--- Cancels many actions under the service's limits, `parallel` at once; each ends with one verdict.
--- An error raised by the iterator or on_item is raised again after the requests in flight have
--- ended; after any other error nothing more is sent. A refused sign-in stops the batch. It keeps
--- no journal; `mde cancel` does, and in a playbook mde.batch.
---
---     local report = assert(client:cancel_all(io.lines "ids.txt", { comment = "Stuck, CHG-4711",
---       on_item = function(item) print(item.id, item.verdict, item.error) end }))
---@param targets (string|mde.action|mde.target)[]|fun(): string|mde.action|mde.target|nil ids or actions, or an iterator
---@param options mde.batch_options
---@return mde.report? report
---@return mde.error? err nothing was sent
function client:cancel_all(targets, options) end

--- Launches an action on many machines under the service's limits, `parallel` at once; each ends
--- with one verdict. A launch whose answer was lost is searched for before it is repeated. It
--- keeps no journal; `mde launch` does, and in a playbook mde.batch.
---
---     local report = assert(client:launch_all("isolate", client:machines { tag = "Infected" },
---       { comment = "INC0048211", on_item = function(item) print(item.machine, item.verdict) end }))
---@param kind "isolate"|"unisolate"|"restrict"|"unrestrict"|"scan"|"collect"|"offboard"|"quarantine"|"live_response"
---@param machines (string|mde.machine|mde.action)[]|fun(): string|mde.machine|mde.action|nil ids, names or machines, or an iterator
---@param options mde.batch_options|{type?: string, sha1?: string, commands?: table[]} with `wait`, an action ends succeeded, failed or accepted
---@return mde.report? report
---@return mde.error? err nothing was sent
function client:launch_all(kind, machines, options) end

---@class mde.batch_options
---@field comment string the reason; the service keeps it with each action
---@field parallel? integer calls at once; default 10
---@field wait? number seconds to wait for the end of an accepted action; default 0
---@field record? mde.record records the calls in a journal
---@field on_item? fun(item: mde.item) called with each item when it ends
---@field stop? fun(): boolean|"at once"|nil asked again and again: true stops sending and waits for requests in flight, "at once" waits for nothing

---@class mde.target
---@field id string
---@field read_first? boolean it may have been sent before: it is read, and sent again only if it is still open
---@field sends? number[] when it was sent before, in seconds since 1970; empty: not known
---@field sent_ago? number seconds since it was first sent
---@field last_sent_ago? number seconds since it was last sent

--- The functions of a record run in the scheduler's commit (mde.call.scheduler). If one raises an
--- error, nothing is sent.
---@class mde.record
---@field sent fun(self: mde.record, call: table) before a call is sent; call.target is the item that the batch was given
---@field ended fun(self: mde.record, call: table) with call.verdict, call.value (the action), call.err

---@class mde.item
---@field id string
---@field verdict mde.verdict
---@field action? mde.action
---@field status? mde.status
---@field answer? table|string of a request, as client:request returns it; of an upload, the file
---@field machine? string its name, or its id
---@field error? mde.error

---@class mde.report
---@field total integer how many targets were taken
---@field counts table<mde.verdict, integer>
---@field seconds number

--- Isolates a machine from the network.
---
---     local action = assert(client:isolate("srv-1.contoso.com", { comment = "INC0048211" }))
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, type?: "Full"|"Selective"|"UnManagedDevice"}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
function client:isolate(target, options) end

--- Releases a machine from isolation.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
function client:unisolate(target, options) end

--- Restricts a machine to programs that Microsoft has signed.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
function client:restrict(target, options) end

--- Lifts that restriction.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
function client:unrestrict(target, options) end

--- Scans a machine with Defender Antivirus.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, type?: "Quick"|"Full"}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
function client:scan(target, options) end

--- Collects an investigation package from a machine.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
function client:collect(target, options) end

--- Offboards a machine. Onboarding it again is only possible on the machine.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
function client:offboard(target, options) end

--- Stops a file on a machine and quarantines it.
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, sha1: string}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
function client:quarantine(target, options) end

--- Runs commands on a machine, in this order.
---
---     client:live_response(id, { comment = "INC0048211", commands = {
---       { run = "triage.ps1", args = "-Days 7" }, { get = "C:\\Temp\\triage.zip" } } })
---@param target string|mde.machine|mde.action a machine, its id or its name, or an action on it
---@param options {comment: string, commands: ({run: string, args?: string}|{get: string}|{put: string})[]}
---@return mde.action? action existing = true if it had been launched before
---@return mde.error? err err.active_action_id is the id of the active action that prevents it, if there is one
function client:live_response(target, options) end

--- Returns the link to the package of a CollectInvestigationPackage action that succeeded.
---@param target string|mde.action
---@return mde.secret? link link:reveal() is its text, with which anyone can download the package
---@return mde.error? err
function client:package_uri(target) end

--- Returns the link to the result of a live-response command.
---@param target string|mde.action
---@param index integer of the command, from 0
---@return mde.secret? link
---@return mde.error? err
function client:result_uri(target, index) end

--- Downloads the file that an action has produced: a package, or the result of a command. Until it
--- is complete, it is called PATH.ID.part; if that file exists, the download continues there.
---@param target string|mde.action
---@param path string of a file that must not exist
---@param options? {index?: integer, on_progress?: fun(bytes: integer, total?: integer), open?: fun(path: string, mode: string): file*?, string?} of the command, from 0; io.open
---@return {path: string, size: integer, sha256: string}? file
---@return mde.error? err code "file" if a file cannot be read or written; err.part is the path of the part file
function client:download(target, path, options) end

--- Returns the machines that match, in an array.
---@param wanted? mde.machine_criteria
---@return mde.machine[]? machines
---@return mde.error? err
function client:list_machines(wanted) end

--- Iterates over the machines that match, reading page by page. Errors are raised.
---
---     for machine in client:machines { tag = "VIP", health = "Active" } do print(machine) end
---@param wanted? mde.machine_criteria
---@return fun(): mde.machine? iterator
function client:machines(wanted) end

--- Finds one machine. If several have the name, that is an error with the code "ambiguous" and the
--- `machines`.
---@param target string|mde.machine its id, its whole DNS name, or its name without domain if no other has it; or the machine, which is read again
---@param options? {newest?: boolean} if several records have the name, take the active one that was seen last
---@return mde.machine? machine
---@return mde.error? err
function client:machine(target, options) end

---@class mde.isolated
---@field machine_id string
---@field machine? string its name
---@field state "isolated"|"isolating"|"restricted"|"restricting" ending in "ing": not yet
---@field since? string when the action in `action` had its effect, or was created
---@field by? string
---@field comment? string
---@field scope? string a later action may have changed it
---@field action mde.action the action that made the state
---@field conflict? mde.action a pending action that would undo it

--- Lists the machines that are isolated now, or whose code execution is restricted: since when, by
--- which requestor and why. The list is derived from the action history, since the API does not report
--- it; `reach` tells how far the history goes back.
---@param options? {restricted?: boolean, machine?: string, since?: string|number} only this machine (id or whole DNS name); a duration or date before which the history is not read
---@return mde.isolated[]|{reach: {from?: string, note: string}}|nil rows the latest first
---@return mde.error? err
function client:isolated(options) end

--- Adds a tag to one machine or many, 500 per call.
---@param machines string|mde.machine|(string|mde.machine)[] ids, or machines
---@param tag string
---@return integer? count
---@return mde.error? err err.done are the ids of the machines that have it
function client:tag(machines, tag) end

--- Removes a tag from one machine or many, 500 per call.
---@param machines string|mde.machine|(string|mde.machine)[]
---@param tag string
---@return integer? count
---@return mde.error? err
function client:untag(machines, tag) end

--- Sets the value of a machine.
---@param target string|mde.machine
---@param value "Low"|"Normal"|"High"
---@return mde.machine? machine
---@return mde.error? err
function client:set_device_value(target, value) end

---@class mde.library_file
---@field fileName string
---@field sha256? string
---@field description? string
---@field creationTime? string
---@field lastUpdatedTime? string
---@field createdBy? string
---@field hasParameters? boolean
---@field parametersDescription? string

--- Lists the files of the live-response library.
---@return mde.library_file[]? files
---@return mde.error? err
function client:library() end

--- Uploads a file into the library.
---@param path string
---@param options? {name?: string, description?: string, parameters?: string, overwrite?: boolean} `name` is the last part of the path by default; an existing name is refused unless `overwrite`
---@return mde.library_file? file
---@return mde.error? err
function client:upload(path, options) end

--- Deletes a file of the library.
---@param name string
---@return true? done
---@return mde.error? err
function client:delete_file(name) end

--- Sends any other request of the service, with the same token, quota and retries.
---
---     local alerts = client:request("GET", "/api/alerts", { query = { ["$top"] = 10 } })
---@param method string such as "GET"
---@param path string beginning with a slash, such as "/api/alerts"
---@param options? {query?: table|string, body?: table|string, content_type?: string} a table as body is encoded as JSON; text is sent unchanged
---@return table|string|nil answer a table if it is JSON
---@return mde.error? err
function client:request(method, path, options) end

--- The permissions that the token holds: an application's roles, or the scopes of a user's token.
--- Signs in, unless there is a token.
---@return string[]? permissions nil if the token shows none
---@return mde.error? err
function client:permissions() end

--- Reports if the token allows an operation, by the permissions that it shows.
---@param operation string "cancel", "list", "isolate", …
---@return boolean? may nil if the token shows no permissions
---@return mde.error? err
function client:may(operation) end

---@alias mde.action_type
---| "Isolate"
---| "Unisolate"
---| "RestrictCodeExecution"
---| "UnrestrictCodeExecution"
---| "RunAntiVirusScan"
---| "CollectInvestigationPackage"
---| "Offboard"
---| "StopAndQuarantineFile"
---| "LiveResponse"
---| "RequestSample"
---| "Unknown"
---| string

---@alias mde.status
---| "Pending"
---| "InProgress"
---| "Succeeded"
---| "Failed"
---| "TimeOut"
---| "Cancelled"
---| string

--- A machine action, with the service's own keys; null values are absent.
---@class mde.action
---@field id string a GUID
---@field type mde.action_type
---@field title? string
---@field status mde.status
---@field requestor? string a user's name, or an application's id
---@field requestorComment? string
---@field machineId? string
---@field computerDnsName? string
---@field creationDateTimeUtc? string
---@field lastUpdateDateTimeUtc? string
---@field cancellationRequestor? string
---@field cancellationComment? string
---@field cancellationDateTimeUtc? string
---@field errorHResult? integer
---@field scope? string
---@field externalId? string
---@field requestSource? string
---@field commands? table[] of a live response
---@field relatedFileInfo? table of a quarantine
---@field troubleshootInfo? string
---@field existing? true of a launch: the action was already open
local action = {}

--- Seconds since the action was created.
---@return number? seconds nil if the service does not say
function action:age() end

--- Reports if the action is final, so that no cancel can change it.
---@return boolean
function action:is_final() end

--- A machine, with the service's own keys; null values are absent.
---@class mde.machine
---@field id string 40 hexadecimal digits
---@field computerDnsName? string
---@field firstSeen? string
---@field lastSeen? string its last full report, about once a day
---@field osPlatform? string
---@field osArchitecture? string
---@field osProcessor? string
---@field osVersion? string
---@field osBuild? integer
---@field version? string
---@field agentVersion? string
---@field healthStatus? string
---@field riskScore? string
---@field exposureLevel? string
---@field deviceValue? string
---@field onboardingStatus? string
---@field rbacGroupId? integer
---@field rbacGroupName? string its device group
---@field machineTags? string[]
---@field lastIpAddress? string
---@field lastExternalIpAddress? string
---@field ipAddresses? table[] not visible to policies
---@field aadDeviceId? string
---@field isAadJoined? boolean
---@field vmMetadata? table
---@field managedBy? string
---@field managedByStatus? string
---@field isExcluded? boolean
---@field exclusionReason? string
---@field isPotentialDuplication? boolean
---@field mergedIntoMachineId? string
---@field defenderAvStatus? string
local machine = {}

--- Reports if the machine has a tag, ignoring case.
---@param tag string
---@return boolean
function machine:tagged(tag) end

--- Seconds since the machine's last full report.
---@return number? seconds nil if the service does not say
function machine:seen() end

---@class mde.action_criteria
---@field status? mde.status|mde.status[]
---@field type? mde.action_type|mde.action_type[]
---@field requestor? string a user's name, an application's id or its name, spelled as in the service
---@field machine? string a machine's id, or its whole DNS name (case does not matter)
---@field older_than? number|string age since creation: seconds, or a duration such as "4h"
---@field newer_than? number|string age since creation
---@field after? number|string a date with zone such as "2026-01-23T20:10:40Z", or seconds since 1970
---@field before? number|string
---@field comment? string a part of the comment given at launch
---@field scope? string such as "Full"
---@field cancelled_by? string the user or application that cancelled it
---@field order? "newest"|"oldest" first in the list; default "newest"
---@field filter? string an OData filter, in addition
---@field limit? integer the most actions to return

---@class mde.machine_criteria
---@field name? string the whole DNS name, or its beginning and a "*" (case does not matter)
---@field id? string|string[] a machine's id, or an array of 100 at most
---@field tag? string a tag, or its beginning and a "*"
---@field ip? string an address that it had within 15 minutes of `at`
---@field at? number|string with `ip`: a date, or seconds since 1970, within the past 30 days; default now
---@field health? string|string[] such as "Active"
---@field risk? string|string[] such as "High"
---@field exposure? string|string[]
---@field value? string|string[] "Low", "Normal" or "High"
---@field onboarding? string|string[] such as "Onboarded"
---@field os? string|string[] such as "Windows11"
---@field group? string the device group's name
---@field seen_within? number|string since its last full report: seconds, or a duration such as "1d"
---@field not_seen_for? number|string since its last full report
---@field filter? string an OData filter, in addition
---@field limit? integer the most machines to return

---@alias mde.verdict
---| "cancelled" # by this cancel
---| "already_cancelled" # by an earlier cancel
---| "undone" # the machine is released
---| "undo_accepted" # the release has not ended yet
---| "launched" # the service has the action
---| "existing" # the same action was under way
---| "succeeded" # launched, and Succeeded
---| "done" # the service confirmed it
---| "failed" # launched, and ended without success
---| "already_final" # it had ended before
---| "too_late" # Cancelled, but its commands had completed
---| "accepted" # accepted, has not ended yet
---| "changed" # it differs from the plan
---| "skipped" # it cannot be undone
---| "not_found" # not found; an action: read twice 10 s apart
---| "refused" # refused by the service for good
---| "forbidden" # a permission is missing
---| "error" # it failed
---| "unsent" # never sent
---| "unknown" # sent, result not known

---@alias mde.error_code
---| "invalid_argument" # a value given by the caller; nothing was sent
---| "missing_credential" # no credential was given
---| "sign_in" # the login service refused
---| "unauthorized" # the service refused the token (401)
---| "forbidden" # a permission is missing (403)
---| "not_found" # no such action or machine (404)
---| "ambiguous" # several machines have the name
---| "bad_request" # the service refused the request (other 4xx)
---| "conflict" # a launch was answered with an open action of another scope
---| "too_many_requests" # the quota is used up (429)
---| "interrupted" # the client was closed, or the call was stopped
---| "deadline" # the action did not end, or the service did not answer, in time
---| "file" # a file can't be read or written
---| "service" # the service failed (5xx)
---| "policy" # a policy failed
---| "limit" # a policy exceeded a limit: err.limit names it
---| "worker" # a policy's process died: err.signal has the signal
---| "plan" # a file is not a plan, or was altered
---| "changed" # the action is no longer as the plan saw it
---| "refused" # a guard, a limit or a person refused the batch; nothing was sent
---| "not_undone" # the action launched to undo another ended without success
---| "store" # journal or quota can't be read or written
---| "bad_answer" # not the JSON that was expected, or a redirect
---| "connection" # no connection to the host or proxy
---| "tls" # the server can't be trusted, or refused the connection
---| "timeout" # no answer in time
---| "lost" # the connection ended before the whole answer arrived
---| "too_large" # the answer exceeds the size limit
---| "out_of_memory"
---| "invalid_request" # the request can't be sent
---| "no_descriptor" # the system gives no descriptor for an event loop
---| "unfit_libcurl" # libcurl is too old, or lacks a feature that mde requires

---@class mde.error
---@field code mde.error_code stable, for programs
---@field message string one sentence, for people
---@field status? integer HTTP status of the answer
---@field service_code? string the service's own error code, such as "ResourceNotFound"
---@field request_id? string the service's correlation id, for Microsoft's support
---@field operation? string "cancel", "get", "list", "token", …
---@field id? string the machine action
---@field machine? string the id of the machine
---@field machines? mde.machine[] with "ambiguous": the machines that have the name
---@field done? string[] if a change of many machines failed: the ids of those already changed
---@field permissions? string[] with "forbidden": any one of these suffices
---@field held? string[] with "forbidden": the permissions of the token, if it shows them
---@field audience? string with "forbidden": the audience of the token, if it shows one
---@field active_action_id? string the open action because of which the service refused
---@field action? mde.action with "deadline": the action as last read
---@field unknown? string with "invalid_argument": the name that does not exist
---@field known? string[] with "invalid_argument": the names that exist
---@field lacks? table[] with "missing_credential": { name, reason } per credential that was tried
---@field limit? string with "limit": the limit that the policy exceeded
---@field signal? integer with "worker": the signal that ended the process
---@field policy? string the name of the policy that failed
---@field part? string of a download: the file with the bytes received so far
---@field attempts? integer number of attempts, if more than one
---@field retry_after? number with "service": seconds that the service asked to wait
---@field sent? boolean true if the request may have taken effect without an answer

---@class mde.policy
---@field name? string default: the file's name
---@field comment string reason; the service stores it with each action
---@field select? mde.action_criteria default: open actions; `status` overrides that
---@field decide mde.decision|mde.decision[]|fun(action: mde.policy_action, machine?: mde.policy_machine): string?, string? with a second parameter it gets the machine
---@field guard? mde.guard
---@field expires? number|string how long its plans are valid, at most 7d: seconds, or a duration such as "1h", the default
---@field tests? mde.policy_test[]

--- A test of a policy: { { requestor = "soar@contoso.com" }, tags = { "VIP" }, expect = "keep" }
---@class mde.policy_test
---@field [1] table? fields of the action
---@field expect mde.decision|"abstain"
---@field reason? string expected reason
---@field name? string
---@field machine? table|false fields of the machine; false: the machine is unknown
---@field tags? string[] of the machine, like the following fields:
---@field group? string
---@field risk? string
---@field exposure? string
---@field value? string
---@field health? string
---@field lastSeen? string

---@alias mde.decision "cancel"|"keep"|"undo"

--- A copy of an action, as a policy sees it.
---@class mde.policy_action: mde.action
---@field age number seconds since its creation
---@field is_open boolean

--- A copy of a machine, as a policy sees it, with the short field names of a test.
---@class mde.policy_machine: mde.machine
---@field age number seconds since its last full report
---@field tagged fun(self: mde.policy_machine, tag: string): boolean ignores case
---@field tags? string[]
---@field group? string
---@field risk? string
---@field exposure? string
---@field value? string
---@field health? string

--- In a policy: cancels the action.
---@param reason? string
---@return mde.decision decision
---@return string? reason
function cancel(reason) end

--- In a policy: leaves the action unchanged. Takes precedence over other rules and files.
---@param reason? string
---@return mde.decision decision
---@return string? reason
function keep(reason) end

--- In a policy: cancels the action if it is not final, and launches its inverse if it succeeded.
---@param reason? string
---@return mde.decision decision
---@return string? reason
function undo(reason) end

---@class mde.guard
---@field max? integer most changes; default 50 for policies, no limit for other commands
---@field max_share? number largest share of the onboarded machines that may be touched
---@field max_per_machine? integer most changes of one machine
---@field max_per_group? integer most changes in one device group
---@field protect_tags? string[] machines with one of these tags are protected (case does not matter; an unknown machine is protected)
---@field protect_machines? string[] so are these machines: ids, names, or the beginning of a name and a *
---@field protect_groups? string[] and those of these device groups
---@field protect_types? string[] no action of these types is launched, cancelled or undone
---@field protect_requestors? string[] no action of these requestors is cancelled or undone
---@field hours? string when something may be sent unattended, such as "22:00-06:00 UTC"
---@field overridable? boolean false, in a profile: its guards cannot be overridden

---@class mde.waiter
---@field wait fun(self: mde.waiter, seconds: number) sleeps
---@field signal fun(self: mde.waiter) ends this sleep, or the host's `wait` with this waiter

---@class mde.host
---@field wait fun(engine: table, seconds: number, pause: number, waiter?: table) waits at most `seconds` (1) for the engine; a host that can't see events sleeps for `pause`
---@field is_shared? boolean other work runs in this process, and would stop while sign-in runs a program (default true for a table)
---@field waiter? fun(): mde.waiter makes a sleep of the running coroutine; then one of many coroutines waits for the engine, and the others sleep
---@field whole? fun(f: function, a: any, b: any, c: any) calls f without interruption: for a host that interrupts Lua at any instruction

--- Data that outlives a call: contract 5 of doc/architecture.md. Functions raise failures as errors
--- with the code "store".
---@class mde.store
---@field windows fun(self: mde.store, application: string): mde.windows of an application in a tenant
---@field tokens? mde.tokens
---@field sessions? mde.sessions
---@field commit fun(self: mde.store) ends the transaction that `news` begins
---@field rollback fun(self: mde.store)
---@field recover? fun(self: mde.store, raised: mde.error): boolean, mde.error? after a rollback: true if the transaction may be repeated, else false and the error
---@field close fun(self: mde.store)

--- The windows of a quota: a log of slots, shared by the processes of one application.
---@class mde.windows
---@field news fun(self: mde.windows): {operation: string, kind: string, slot: string, moment: number, holder?: string, at?: number}[] notes of other processes since the last call
---@field take fun(self: mde.windows, operation: string, moment: number): string|false|nil takes a slot that counts at the moment or at its earlier answer; false: there are news, decide again
---@field note fun(self: mde.windows, operation: string, kind: "counted"|"unused"|"paused"|"waiting"|"failed"|"unread"|"throttled"|"answered"|"probe", slot?: string, moment?: number)
---@field buckets table for the library, empty at first
---@field is_shared boolean true if other processes use them
---@field holder? string this process, if slots are shared fairly between processes

--- Access tokens that clients share, by identity.
---@class mde.tokens
---@field get fun(self: mde.tokens, identity: string): mde.secret?, number? the header and its expiry
---@field put fun(self: mde.tokens, identity: string, header: mde.secret, expires_at: number)
---@field forget fun(self: mde.tokens, identity: string, header: mde.secret) unless it was replaced by another
---@field now? fun(self: mde.tokens, clock: {monotonic: fun(): number}): number the current time of the expiry's clock (default: seconds since 1970)
---@field claim? fun(self: mde.tokens, identity: string, who: string, seconds: number): boolean true if only this process may fetch the token now
---@field release? fun(self: mde.tokens, identity: string, who: string)

--- Refresh tokens of signed-in users.
---@class mde.sessions
---@field get fun(self: mde.sessions, name: string): mde.secret?
---@field put fun(self: mde.sessions, name: string, refresh: mde.secret)
---@field forget fun(self: mde.sessions, name: string)

--- The module `mde.webhook`, which runs in nginx and OpenResty alone: doc/embedding.md describes it,
--- examples/openresty has its configuration.
---@class mde.webhook
---@field start fun() signs in, and takes over jobs of dead workers: `init_worker_by_lua_block`
---@field serve fun() answers a request: `content_by_lua_block`

return mde
