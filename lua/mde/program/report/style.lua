-- The HTML report's style sheet: light and dark, for screens, phones and paper.

return [[
:root {
  color-scheme: light dark;
  --ground: #f5f6f8; --sheet: #ffffff; --ink: #1b2330; --quiet: #566173; --line: #dde2e9;
  --faint: #eef1f5; --accent: #2b5797; --note: #fdf6e3; --note-line: #c9a23a;
  --good: #23805c; --moot: #7d6a2c; --refused: #b3261e; --undecided: #3d62b5;
  --minute: #5b82b8; --hour: #7594c4; --limit: #b3261e;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans",
    "DejaVu Sans", sans-serif;
  --mono: ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #10141a; --sheet: #181d25; --ink: #e3e8ef; --quiet: #9aa6b6; --line: #2c3440;
    --faint: #202731; --accent: #8fb4ea; --note: #26221a; --note-line: #a5842c;
    --good: #5bbd94; --moot: #cdb465; --refused: #f2877e; --undecided: #8aa9ee;
    --minute: #6f95c8; --hour: #4f729f; --limit: #f2877e;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { background: var(--ground); color: var(--ink); font: 15px/1.5 var(--sans);
  -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { max-width: 1180px; margin: 0 auto; padding: 40px 28px 32px; }
h1, h2, p, dl, dd, figure, ul { margin: 0; padding: 0; }
h1 { font-size: 30px; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em;
  overflow-wrap: anywhere; }
h2 { font-size: 17px; font-weight: 650; margin-bottom: 14px; }
a { color: var(--accent); text-underline-offset: 2px; }
code { font-family: var(--mono); font-size: 0.86em; overflow-wrap: anywhere; }
bdi { overflow-wrap: anywhere; }
small { font-size: 12.5px; color: var(--quiet); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.eyebrow { color: var(--quiet); font-size: 13px; margin-bottom: 6px; }
.state { display: inline-block; vertical-align: 5px; margin-left: 8px; padding: 2px 11px;
  border: 1px solid currentColor; border-radius: 99px; font-size: 13px; font-weight: 600;
  letter-spacing: 0; line-height: 1.4; color: var(--quiet); }
.state.ended { color: var(--good); }
.state.running { color: var(--undecided); }
.state.stopped, .state.closed, .state.off { color: var(--moot); }
.lead { font-size: 18px; margin: 10px 0 20px; }
.shares { display: block; width: 100%; height: 14px; border-radius: 4px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 12px 0 0; list-style: none; }
.legend li::before { content: ""; display: inline-block; width: 10px; height: 10px;
  margin-right: 8px; border-radius: 2px; background: currentColor; }
.legend span { color: var(--ink); }
.legend li.none::before { opacity: 0.3; }
rect.good { fill: var(--good); } .legend .good, td.good { color: var(--good); }
rect.moot { fill: var(--moot); } .legend .moot, td.moot { color: var(--moot); }
rect.refused { fill: var(--refused); } .legend .refused, td.refused { color: var(--refused); }
rect.undecided { fill: var(--undecided); }
.legend .undecided, td.undecided { color: var(--undecided); }

section, .note { margin-top: 20px; padding: 22px 24px; background: var(--sheet);
  border: 1px solid var(--line); border-radius: 10px; }
.note { background: var(--note); border-color: var(--note-line); }
.note h2 { margin-bottom: 6px; }
.note p + p { margin-top: 8px; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 20px; }
@media (min-width: 1000px) { .pair { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); } }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1px;
  margin-top: 22px; background: var(--line); border: 1px solid var(--line); border-radius: 10px;
  overflow: hidden; }
.tiles div { background: var(--sheet); padding: 14px 18px; display: flex;
  flex-direction: column-reverse; justify-content: flex-end; }
.tiles dt { color: var(--quiet); font-size: 13px; }
.tiles dd { font-size: 21px; font-weight: 600; letter-spacing: -0.01em; line-height: 1.3;
  font-variant-numeric: tabular-nums; }
.tiles dd small { font-weight: 400; letter-spacing: 0; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 6px 20px; }
.facts dt { color: var(--quiet); }
.facts dd { overflow-wrap: anywhere; }
.steps { list-style: none; }
.steps li + li { margin-top: 8px; }
.steps code { display: inline-block; padding: 2px 8px; background: var(--faint);
  border-radius: 5px; margin-right: 10px; max-width: 100%; overflow-x: auto; white-space: nowrap;
  vertical-align: bottom; }

.scroll { overflow-x: auto; }
.scroll + .scroll { margin-top: 26px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); font-size: 13px; padding-bottom: 6px; }
th, td { text-align: left; vertical-align: top; padding: 7px 18px 7px 0; font-weight: 400;
  border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 2px; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--quiet); font-size: 13px; vertical-align: bottom; white-space: nowrap; }
td.name { min-width: 158px; }
.scroll tbody th { min-width: 170px; }
.number { text-align: right; white-space: nowrap; }
td.number:empty::after { content: "\2013"; color: var(--quiet); }
.nowrap, td code, time { white-space: nowrap; }

.picture { overflow-x: auto; }
.picture svg { display: block; width: 100%; min-width: 720px; height: auto;
  font-family: var(--sans); }
svg text { fill: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; }
svg text.panel { fill: var(--ink); font-size: 13px; font-weight: 600; stroke: var(--sheet);
  stroke-width: 5px; paint-order: stroke; }
svg .tick { text-anchor: middle; }
svg .scale { text-anchor: end; }
svg .left { text-anchor: end; }
svg text.event { fill: var(--ink); }
rect.minute { fill: var(--minute); } rect.hour { fill: var(--hour); }
rect.over { fill: var(--refused); }
.picture rect.hour { shape-rendering: crispEdges; }
line { stroke: var(--line); }
line.base { stroke: var(--quiet); }
line.limit { stroke: var(--limit); stroke-dasharray: 5 4; }
line.event { stroke: var(--ink); stroke-dasharray: 1 3; }
.key { margin-top: 10px; color: var(--quiet); font-size: 13px; }

.find { display: flex; flex-wrap: wrap; gap: 12px 20px; align-items: end; margin-bottom: 14px; }
.find label { display: block; font-size: 13px; color: var(--quiet); }
.find .wide { flex: 1 1 260px; max-width: 460px; }
.find input, .find select { display: block; width: 100%; margin-top: 3px; padding: 8px 10px;
  height: 40px; font: inherit; color: var(--ink); background: var(--ground);
  border: 1px solid var(--quiet); border-radius: 6px; }
.shown { color: var(--quiet); margin-bottom: 10px; }
.items { max-height: 78vh; overflow: auto; border: 1px solid var(--line); border-radius: 6px; }
.items table { min-width: 1080px; font-size: 14px; }
.items caption { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); }
.items th, .items td { padding: 7px 12px; overflow: hidden; }
.items tbody tr:last-child > * { border-bottom: 1px solid var(--line); }
.items small, .items code { display: block; }
.items code { font-size: 12px; color: var(--quiet); }
.items small code { display: inline; white-space: normal; }
/* Blocks of rows that are out of sight are not laid out: 36,000 rows took 16 s. */
@media screen {
  .items table, .items thead, .items tbody { display: block; }
  .items tr { display: grid;
    grid-template-columns: 62px 156px 302px 172px 168px minmax(0, 1fr); }
  .items thead { position: sticky; top: 0; background: var(--faint); }
  .items tbody { content-visibility: auto; contain-intrinsic-block-size: 5500px; }
}
footer { margin-top: 26px; color: var(--quiet); font-size: 13px; }
footer p + p { margin-top: 6px; }

@media (max-width: 640px) {
  body { padding: 22px 14px; }
  h1 { font-size: 24px; }
  .lead { font-size: 16.5px; }
  section, .note { padding: 16px; margin-top: 14px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles div:last-child:nth-child(odd) { grid-column: 1 / -1; }
  .scroll table { min-width: 600px; }
  .scroll, .picture { background:
    linear-gradient(to right, var(--sheet) 30%, transparent) left / 40px 100% no-repeat local,
    linear-gradient(to left, var(--sheet) 30%, transparent) right / 40px 100% no-repeat local,
    linear-gradient(to right, #5b657366, transparent) left / 9px 100% no-repeat scroll,
    linear-gradient(to left, #5b657366, transparent) right / 9px 100% no-repeat scroll; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd { margin-bottom: 9px; }
  .steps code { display: block; margin-bottom: 2px; }
}
@media print {
  @page { margin: 14mm 12mm; }
  @page items { size: landscape; }
  html { background: none; font-size: 10pt; }
  body { max-width: none; padding: 0; }
  h1 { font-size: 20pt; } h2 { font-size: 12pt; break-after: avoid; }
  small, caption, .key, thead th, footer { font-size: 8pt; }
  section, .note { border-radius: 0; padding: 10pt 0 0; margin-top: 12pt; border: 0;
    border-top: 0.75pt solid var(--line); background: none; }
  .note { padding: 8pt 10pt; border: 0.75pt solid var(--note-line); break-inside: avoid; }
  .tiles { break-inside: avoid; grid-template-columns: repeat(5, 1fr); }
  .tiles div { padding: 7pt 8pt; }
  .tiles dd { font-size: 13pt; }
  .tiles dt { font-size: 8pt; }
  .facts { gap: 2pt 14pt; }
  .steps code { white-space: normal; }
  .scroll tbody th { min-width: 90pt; }
  .find { display: none; }
  .scroll, .picture, .items { overflow: visible; max-height: none; border: 0; }
  .scroll, .picture { break-inside: avoid; }
  .scroll + .scroll { margin-top: 14pt; }
  .picture svg, .items table { min-width: 0; }
  th, td { padding: 3pt 10pt 3pt 0; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  .items table { table-layout: fixed; font-size: 8pt; line-height: 1.3; }
  .items small, .items code { font-size: 7pt; }
  .items thead th { font-size: 7.5pt; }
  .items th, .items td, .items thead th { padding: 2pt 6pt 2pt 0; overflow: visible; }
  col.c1 { width: 32pt; } col.c2 { width: 84pt; } col.c3 { width: 182pt; }
  col.c4 { width: 112pt; } col.c5 { width: 96pt; }
  #items { page: items; break-before: page; border-top: 0; }
  rect, .legend li::before { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
]]
