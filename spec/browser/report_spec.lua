-- The page of a batch's report, in a browser: nothing that the batch holds becomes more
-- than text, the search finds, and paper gets everything.

local browser = require "spec.support.browser"
local report = require "spec.support.report"

if not browser.find() then
  describe("the page of a report", function()
    it("is looked at in a browser", function() pending "no browser is here" end)
  end)
  return
end

-- The page of a batch that the chunk returns.
local function page(chunk)
  return report.of(("(function() %s end)()"):format(chunk), "html")
end

-- Counts the elements with each name and attributes; without scripts' and styles'
-- contents, and without the picture's labels, some of which have no room when they are long.
local function elements(dom)
  local counts = {}
  dom = dom:gsub("<style>.-</style>", "<style>"):gsub("<script>.-</script>", "<script>")
  for tag in dom:gmatch "<(%a[^<>]*)>" do
    local names = tag:gsub('="[^"]*"', "")
    if not names:find "^text " then counts[names] = (counts[names] or 0) + 1 end
  end
  return counts
end

-- Counts the rows of items that are shown.
local function shown(dom)
  local count, hidden = 0, 0
  for body in dom:gmatch "<tbody.-</tbody>" do
    for row in body:gmatch "<tr[^>]*><td class=\"number\">" do
      count = count + 1
      if row:find("hidden", 1, true) then hidden = hidden + 1 end
    end
  end
  return count - hidden, count
end

local function status(dom)
  return dom:match 'role="status">([^<]*)<'
end

-- A batch with every text that it can hold made of `texts`, one after the other.
local FULL = [[
  local texts, items = { %s }, {}
  for i, text in ipairs(texts) do
    items[i] = {
      verdict = i %% 2 == 0 and "error" or "cancelled", id = text, machine = text .. "." .. text,
      machine_id = text, type = text, requestor = text, message = text, error = text, http = 400,
      request_id = text, status = text, sends = { 1769199041 + i }, ended_at = 1769199042 + i,
    }
  end
  local all = table.concat(texts)
  return batches.of(items, {
    name = all, who = all, tenant = all, application = all, command = all, plan = all,
    comment = all, order = all, events = {
      { at = 1769199040, kind = "begun", who = all, detail = all },
      { at = 1769199060, kind = all, who = all, detail = all } },
  })]]

local HOSTILE = {
  [[</script><img src=x onerror="document.title='owned'">]],
  [["><svg onload=document.title='owned'><a href="javascript:document.title='owned'">]],
  [[' onmouseover='document.title="owned"' autofocus onfocus='document.title="owned"]],
  [[</title></style></textarea><script>document.title="owned"</script>]],
  "<!-- <![CDATA[ <plaintext><template>", "{style}{script}{name}", "%d %s %1 %%",
  "<base href=//example.com/><meta http-equiv=refresh content=0;url=//example.com/>",
  "&lt;script&gt; &amp; &#60;b&#62;", "\u{202E}txt.exe\u{2066}\u{200F}\u{061C}",
  "\0\1\27[31m\127\r\n\t", "\u{85}\u{9B}\u{2028}\u{FEFF}", "\xFF\xFE\xC0\xAF\xED\xA0\x80",
  ("W"):rep(20000), "שלום עולם",
}

local function quoted(texts)
  local list = {}
  for i, text in ipairs(texts) do list[i] = ("%q"):format(text) end
  return table.concat(list, ", ")
end

describe("the page of a report", function()
  it("has the same elements whatever the batch holds, and runs nothing of it", function()
    local harmless = {}
    for i = 1, #HOSTILE do harmless[i] = ("text%02d"):format(i) end
    local html = page(FULL:format(quoted(HOSTILE)))
    local hostile = browser.open(html)
    local plain = browser.open(page(FULL:format(quoted(harmless))))
    assert.same(elements(plain.dom), elements(hostile.dom))
    assert.equal(1, elements(hostile.dom).script)
    assert.falsy(hostile.dom:find("<title>owned", 1, true))
    assert.truthy(hostile.dom:find("<title>&lt;/script&gt;&lt;img src=x ", 1, true))
    assert.equal("", hostile.console)
    assert.equal("15 items", status(hostile.dom))
    -- No character that is not shown is left, nor a byte that is no text.
    assert.truthy(utf8.len(html))
    for _, code in utf8.codes(html) do
      assert.truthy(code == 10 or code >= 32 and not (code >= 0x7F and code <= 0x9F))
      assert.falsy(code >= 0x202A and code <= 0x202E or code >= 0x2066 and code <= 0x2069)
    end
  end)

  it("has no address but its own, and a policy that allows none", function()
    local html = page(FULL:format(quoted(HOSTILE)))
    local policy = html:match '"Content%-Security%-Policy" content="([^"]*)"'
    assert.truthy(policy:find "^default%-src 'none'; style%-src 'sha256%-[%w+/]+='; script%-src"
      .. "", policy)
    assert.falsy(policy:find("unsafe", 1, true))
    assert.falsy(html:find "https?:")
    for _, name in ipairs { "src", "href", "action", "data", "poster", "srcset", "style" } do
      for tag in html:gmatch "<%a[^<>]*>" do
        local value = tag:match(" " .. name .. '="([^"]*)"')
        assert.truthy(value == nil or value == "#items", tag)
      end
    end
    local style = html:match "<style>(.-)</style>"
    assert.falsy(style:find "url%(" or style:find("@import", 1, true))
  end)

  it("shows all items without a script, and no search", function()
    local html = page("return batches.incident(60)"):gsub("script%-src '.-'", "script-src 'none'")
    local run = browser.open(html, "#q=ber-")
    assert.truthy(run.console:find("script-src 'none'", 1, true), run.console)
    assert.same({ 60, 60 }, { shown(run.dom) })
    assert.truthy(run.dom:find 'id="find"[^>]* hidden=""')
    assert.equal("60 items", status(run.dom))
  end)

  it("searches what the address says", function()
    local html = page "return batches.incident(300)"
    local function find(fragment)
      local run = browser.open(html, fragment)
      assert.equal("", run.console)
      assert.falsy(run.dom:find 'id="find"[^>]* hidden=""')
      local count, total = shown(run.dom)
      assert.equal(300, total)
      return { count, status(run.dom) }
    end
    assert.same({ 300, "300 items" }, find "")
    local count, said = table.unpack(find "#q=SYD-ws+isolate")
    assert.truthy(count > 5 and count < 60, count)
    assert.equal(("%d of 300 items with “syd-ws isolate”"):format(count), said)
    assert.same({ 5, "5 of 300 items: unknown" }, find "#outcome=unknown")
    assert.same({ 0, "0 of 300 items with “&lt;img&gt;”, unknown" },
      find "#q=%3Cimg%3E&outcome=unknown")
    assert.same({ 300, "300 items" }, find "#outcome=nonsense")
  end)

  it("links reasons and outcomes to what they count", function()
    local run = browser.open(page "return batches.incident(300)")
    assert.truthy(run.dom:find('href="#outcome=unknown"', 1, true))
    assert.truthy(run.dom:find 'href="#q=%x+%-%x+%-%x+%-%x+%-%x+"')
  end)

  it("fits a phone, whatever the batch holds", function()
    local html = page(FULL:format(quoted(HOSTILE)))
    html = html:gsub("<meta http%-equiv.->", ""):gsub("</body>", [[
      <script>
      document.title = "width " + document.documentElement.scrollWidth + " " + innerWidth;
      </script>%0]])
    local run = browser.open(html, "", "--window-size=390,844")
    local width, window = run.dom:match "<title>width (%d+) (%d+)</title>"
    assert.truthy(tonumber(width) <= tonumber(window), width)
  end)

  it("prints everything, with the heads of the table on each page", function()
    local html = page "return batches.incident(90)"
    local pages = browser.print(html)
    if not pages then pending "nothing here reads PDF: pdftotext is missing" end
    local text, heads = table.concat(pages), 0
    for i = 1, #pages do
      if pages[i]:find "cancelled +%a%a%a%-%a+%-%d" then
        assert.truthy(pages[i]:find("Machine, action", 1, true), pages[i])
        heads = heads + 1
      end
    end
    assert.truthy(heads > 3, heads)
    local ids = 0
    for id in html:gmatch "<code><bdi>(%x+%-%x+%-%x+%-%x+%-%x+)</bdi></code></th>" do
      assert.truthy(text:find(id, 1, true), id)
      ids = ids + 1
    end
    assert.equal(90, ids)
    assert.falsy(text:find("Search", 1, true))
  end)
end)
