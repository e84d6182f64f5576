-- The HTML report's script: searches the items.
--
-- The search is kept in the fragment of the page's address, #q=…&outcome=…, so that a view can
-- be shared. Text of the batch is inserted as text, never as markup.

return [[
(function () {
  "use strict";
  var form = document.getElementById("find");
  var words = document.getElementById("q");
  var outcome = document.getElementById("outcome");
  var shown = document.getElementById("shown");
  var table = document.getElementById("rows");
  var all = shown.textContent;
  var blocks = null;
  var waiting = null;

  function read() {
    blocks = Array.prototype.map.call(table.tBodies, function (body) {
      return { body: body, rows: Array.prototype.map.call(body.rows, function (row) {
        return {
          row: row,
          text: row.textContent.toLowerCase(),
          outcome: row.cells[1].firstChild.textContent
        };
      }) };
    });
  }

  function show(block, matches) {
    var count = 0;
    block.rows.forEach(function (item) {
      var is_shown = matches(item);
      if (is_shown) count++;
      if (item.row.hidden === is_shown) item.row.hidden = !is_shown;
    });
    block.body.hidden = count === 0;
    // A block out of sight takes the room that its rows will need.
    block.body.style.containIntrinsicBlockSize = 55 * count + "px";
    return count;
  }

  function filter() {
    var sought = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    var wanted = outcome.value;
    if (!blocks && !sought.length && !wanted) return;
    if (!blocks) read();
    var count = 0, total = 0;
    blocks.forEach(function (block) {
      total += block.rows.length;
      count += show(block, function (item) {
        return (!wanted || item.outcome === wanted) && sought.every(function (word) {
          return item.text.indexOf(word) >= 0;
        });
      });
    });
    if (!sought.length && !wanted) { shown.textContent = all; return; }
    shown.textContent = count + " of " + total + " items" +
      (sought.length ? " with \u201c" + sought.join(" ") + "\u201d" : "") +
      (wanted ? (sought.length ? ", " : ": ") + wanted : "");
  }

  function fragment(values) {
    var parts = new URLSearchParams();
    Object.keys(values).forEach(function (key) { if (values[key]) parts.set(key, values[key]); });
    var text = parts.toString();
    return text ? "#" + text : "#items";
  }

  function from_fragment() {
    var values = new URLSearchParams(location.hash.slice(1));
    words.value = values.get("q") || "";
    outcome.value = values.get("outcome") || "";
    if (outcome.selectedIndex < 0) outcome.value = "";
    filter();
    if (words.value || outcome.value) document.getElementById("items").scrollIntoView();
  }

  function changed() {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      filter();
      history.replaceState(null, "", fragment({ q: words.value.trim(), outcome: outcome.value }));
    }, 150);
  }

  Array.prototype.forEach.call(document.querySelectorAll("a[data-q], a[data-outcome]"),
    function (link) {
      link.setAttribute("href", fragment({ q: link.dataset.q, outcome: link.dataset.outcome }));
    });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  words.addEventListener("input", changed);
  outcome.addEventListener("input", changed);
  window.addEventListener("hashchange", from_fragment);
  form.hidden = false;
  from_fragment();
})();
]]
