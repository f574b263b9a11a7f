// SPDX-License-Identifier: Apache-2.0

/** The report's one style sheet. No web font, no image, no address: it must look right where nothing can be fetched. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --panel: #f5f6f8; --ink: #181b20; --soft: #565f6b; --line: #dde1e6;
  --red: #b3211a; --red-tint: #fdf0ee; --green: #126b38; --green-tint: #ebf6ef; --amber: #855300; --amber-tint: #fdf5e4;
  --blue: #1c57a5; --mark: #7a8694;
  --sans: system-ui, -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SFMono-Regular", "Cascadia Mono", "DejaVu Sans Mono", "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121519; --panel: #1a1e24; --ink: #e6e9ed; --soft: #a5aeb9; --line: #2d333b;
    --red: #ff8f84; --red-tint: #2b1a19; --green: #74d79b; --green-tint: #15251c; --amber: #efbf5b; --amber-tint: #282113;
    --blue: #8cbcff; --mark: #76818d;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 0.9375rem/1.55 var(--sans); }
.page { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 82rem; margin: 0 auto; padding: 0 1.25rem 4rem; }
a { color: var(--blue); text-underline-offset: 0.15em; }
a:focus-visible, summary:focus-visible, input:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; border-radius: 2px; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; text-wrap: balance; }
h2 { font-size: 1.25rem; letter-spacing: -0.01em; padding-top: 2.75rem; }
h2 .count { color: var(--soft); font-weight: 400; margin-left: 0.35em; font-variant-numeric: tabular-nums; }
h3 { font-size: 1rem; }
p { margin: 0.4rem 0; max-width: 46rem; }
code, .mono { font-family: var(--mono); font-size: 0.86em; overflow-wrap: anywhere; }
pre, .log { margin: 0.35rem 0; padding: 0.6rem 0.75rem; background: var(--panel); border: 1px solid var(--line); border-radius: 4px;
  font: 0.8125rem/1.5 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.lead { color: var(--soft); margin-top: 0.35rem; }

header { padding: 2rem 0 0; }
.kicker { color: var(--soft); font-size: 0.8125rem; }
.verdict { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 1.1rem; align-items: center;
  margin-top: 0.9rem; padding: 1.25rem 1.4rem; border-radius: 6px; border: 1px solid var(--line); }
.verdict svg { width: 3rem; height: 3rem; }
.verdict h1 { font-size: clamp(1.6rem, 4vw, 2.2rem); letter-spacing: -0.02em; }
.verdict p { margin: 0.1rem 0 0; font-size: 1rem; max-width: none; }
.is-ready { background: var(--green-tint); border-color: var(--green); } .is-ready h1 { color: var(--green); } .is-ready svg { stroke: var(--green); }
.is-not-ready { background: var(--red-tint); border-color: var(--red); } .is-not-ready h1 { color: var(--red); } .is-not-ready svg { stroke: var(--red); }
.is-inconclusive { background: var(--amber-tint); border-color: var(--amber); } .is-inconclusive h1 { color: var(--amber); } .is-inconclusive svg { stroke: var(--amber); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1px; margin: 1rem 0 0; padding: 0;
  background: var(--line); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.figures > div { background: var(--paper); padding: 0.7rem 1rem 0.75rem; }
.figures dt { color: var(--soft); font-size: 0.8125rem; }
.figures dd { margin: 0; font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures .wide { grid-column: span 2; } .figures .wide dd { font-size: 0.9375rem; font-weight: 400; padding-top: 0.2rem; overflow-wrap: anywhere; }
.figures dd small { font-size: 0.8125rem; font-weight: 400; color: var(--soft); }
.bad { color: var(--red); } .good { color: var(--green); } .warn { color: var(--amber); }

nav { margin-top: 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; list-style: none; margin: 0; padding: 0; font-size: 0.875rem; }
nav .count { color: var(--soft); font-variant-numeric: tabular-nums; }
@media (min-width: 74rem) {
  .page { grid-template-columns: 12rem minmax(0, 1fr); column-gap: 3rem; }
  header { grid-column: 1 / -1; }
  nav { position: sticky; top: 0; align-self: start; padding-top: 2.9rem; margin: 0; }
  nav ul { flex-direction: column; gap: 0.1rem; }
  nav a { display: flex; justify-content: space-between; padding: 0.2rem 0.1rem; text-decoration: none; color: var(--ink); border-bottom: 1px solid transparent; }
  nav a:hover { border-bottom-color: var(--line); color: var(--blue); }
}

ul.reasons { list-style: none; margin: 0.75rem 0 0; padding: 0; border-bottom: 1px solid var(--line); }
ul.reasons li { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: 1rem; padding: 0.5rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
ul.reasons li.again { border-top-color: transparent; padding-top: 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.kind { font-size: 0.8125rem; font-weight: 600; padding-top: 0.1em; }

.filter { margin: 0.9rem 0 0; display: flex; gap: 0.6rem; align-items: baseline; flex-wrap: wrap; }
.filter input { font: inherit; padding: 0.3rem 0.6rem; width: min(22rem, 100%); color: inherit; background: var(--paper); border: 1px solid var(--mark); border-radius: 4px; }
[hidden] { display: none !important; }

.culprit { margin-top: 1.1rem; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; break-inside: avoid-page; }
.culprit > header { padding: 0.75rem 1.1rem; background: var(--panel); border-bottom: 1px solid var(--line); }
.culprit h3 { overflow-wrap: anywhere; }
.culprit h3 .soft { font-weight: 400; }
.culprit header p { margin: 0.15rem 0 0; font-size: 0.8125rem; color: var(--soft); max-width: none; }
.attempt { padding: 0.85rem 1.1rem 0.8rem; border-top: 1px solid var(--line); scroll-margin-top: 1rem; }
.culprit > header + .attempt { border-top: 0; }
.attempt:target { box-shadow: inset 3px 0 0 var(--blue); }
.attempt-head { display: flex; flex-wrap: wrap; gap: 0.2rem 0.9rem; align-items: baseline; }
.attempt-head h4 { font: 600 0.9375rem/1.4 var(--mono); overflow-wrap: anywhere; }
.tag { font-size: 0.78rem; line-height: 1.5; padding: 0 0.5em; border: 1px solid var(--mark); border-radius: 3px; color: var(--soft); white-space: nowrap; }
.tag.accepted { color: var(--green); border-color: var(--green); }
.attempt .when { color: var(--soft); font-size: 0.8125rem; font-variant-numeric: tabular-nums; }
.remedy { margin: 0.35rem 0 0; }
details { margin-top: 0.45rem; }
summary { cursor: pointer; color: var(--blue); font-size: 0.875rem; width: fit-content; }
details > div { padding: 0.3rem 0 0.1rem; }
dl.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 1.1rem; margin: 0.4rem 0; }
dl.facts dt { color: var(--soft); font-size: 0.8125rem; padding-top: 0.08em; } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
ol.evidence { margin: 0.3rem 0 0; padding: 0; list-style: none; }
ol.evidence li { padding: 0.35rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
ol.evidence span.mono { display: block; color: var(--soft); }

.scroll { overflow-x: auto; margin-top: 0.8rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
caption { text-align: left; color: var(--soft); font-size: 0.8125rem; padding-bottom: 0.4rem; }
th { text-align: left; font-weight: 600; font-size: 0.8125rem; color: var(--soft); border-bottom: 1px solid var(--mark); white-space: nowrap; }
th, td { padding: 0.42rem 1rem 0.42rem 0; vertical-align: top; }
td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td .mono { font-size: 0.8125rem; }
tbody th { color: inherit; border-bottom: 1px solid var(--line); font-size: inherit; white-space: normal; overflow-wrap: anywhere; font-weight: 500; } tbody th .soft { font-weight: 400; }
.result { white-space: nowrap; font-weight: 600; }
.nothing { margin-top: 0.8rem; padding: 0.75rem 1rem; background: var(--panel); border-radius: 4px; }

figure { margin: 0.9rem 0 0; }
figure .scroll { margin: 0; }
figure svg { display: block; width: 100%; min-width: 40rem; height: auto; font: 12px var(--sans); }
svg text { fill: var(--ink); } svg .axis { fill: var(--soft); }
svg .grid { stroke: var(--line); } svg .bar { fill: var(--mark); } svg .bar.open { fill: none; stroke: var(--amber); stroke-dasharray: 4 3; }
svg .leak { stroke: var(--red); stroke-width: 2; } svg .accepted { stroke: var(--green); stroke-width: 2; }
figcaption { color: var(--soft); font-size: 0.8125rem; margin-top: 0.3rem; }
ul.limits { padding-left: 1.1rem; margin: 0.7rem 0 0; max-width: 52rem; } ul.limits li { margin: 0.35rem 0; }
footer { grid-column: -2 / -1; margin-top: 3rem; padding-top: 0.9rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.8125rem; }

@media (min-width: 60rem) { tbody th { min-width: 13rem; } }
@media (max-width: 40rem) {
  .verdict { grid-template-columns: minmax(0, 1fr); } .verdict svg { width: 2rem; height: 2rem; margin-bottom: 0.4rem; }
  ul.reasons li { grid-template-columns: minmax(0, 1fr); gap: 0; } .figures .wide { grid-column: auto; }
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; } dl.facts dd { margin-bottom: 0.4rem; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --panel: #f5f6f8; --ink: #000; --soft: #444; --line: #ccc; --red: #a01a14; --red-tint: #fff; --green: #0d5a2e; --green-tint: #fff; --amber: #6b4300; --amber-tint: #fff; --blue: #000; --mark: #777; }
  nav, .filter { display: none; } .page { display: block; max-width: none; padding: 0; } body { font-size: 10pt; }
  details::details-content { content-visibility: visible; block-size: auto; } summary { color: inherit; }
  tr, .attempt { break-inside: avoid; } h2, h3 { break-after: avoid; } .scroll { overflow: visible; }
}
`;
