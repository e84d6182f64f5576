-- Opens pages in a headless Chromium without network and with a new profile.

local browser = {}

local PROGRAMS = { "chromium", "chromium-browser", "google-chrome" }
local OPTIONS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
  .. " --disable-background-networking --disable-component-update --disable-sync"
  .. " --enable-logging=stderr"

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

-- The path of a browser; nil where there is none.
function browser.find()
  for _, name in ipairs(PROGRAMS) do
    local path = output_of("command -v " .. name):match "%S+"
    if path then return path end
  end
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

-- Opens a page, with `fragment` ("#q=x", maybe) and more options of the browser (maybe).
-- -> { dom = the document after its scripts have run, console = its messages }
function browser.open(html, fragment, options)
  local folder = output_of "mktemp -d":match "%S+"
  write(folder .. "/page.html", html)
  os.execute(("timeout 120 %s %s %s --user-data-dir=%s/profile --dump-dom 'file://%s/page.html%s'"
    .. " >%s/dom 2>%s/log"):format(browser.find(), OPTIONS, options or "", folder, folder,
    fragment or "", folder, folder))
  local console = {}
  for line in read(folder .. "/log"):gmatch "[^\n]+" do
    if line:find("CONSOLE", 1, true) then console[#console + 1] = line end
  end
  local dom = read(folder .. "/dom")
  os.execute("rm -rf " .. folder)
  return { dom = dom, console = table.concat(console, "\n") }
end

-- The page as it would be printed. -> text of the pages, array; nil where nothing here
-- reads PDF
function browser.print(html)
  if output_of "command -v pdftotext" == "" then return nil end
  local folder = output_of "mktemp -d":match "%S+"
  write(folder .. "/page.html", html)
  os.execute(("timeout 120 %s %s --user-data-dir=%s/profile --no-pdf-header-footer"
    .. " --print-to-pdf=%s/page.pdf file://%s/page.html >%s/log 2>&1; pdftotext -layout"
    .. " %s/page.pdf %s/text"):format(browser.find(), OPTIONS, folder, folder, folder, folder,
    folder, folder))
  local pages = {}
  for page in read(folder .. "/text"):gmatch "([^\f]*)\f" do pages[#pages + 1] = page end
  os.execute("rm -rf " .. folder)
  return pages
end

return browser
