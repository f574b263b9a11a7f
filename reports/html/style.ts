// SPDX-License-Identifier: Apache-2.0

/** The page's only style sheet; its hash stands in the content security policy. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--ink:#1a1d21;--soft:#59626d;--line:#d8dde3;--card:#f6f8fa;--good:#116329;--bad:#b3161f;--warn:#7a4b00;--accent:#0a5bd3;--goodbg:#dcf5e3;--badbg:#fde3e4;--warnbg:#fff1d0}
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--ink:#e6e9ed;--soft:#9aa5b1;--line:#343b44;--card:#1c2127;--good:#6fdd8b;--bad:#ff8c8c;--warn:#f2c265;--accent:#7cb3ff;--goodbg:#123820;--badbg:#45191c;--warnbg:#3f3010}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main,header>div,footer{max-width:72rem;margin:0 auto;padding:0 1.25rem}
header{border-bottom:1px solid var(--line);padding:1.5rem 0 1.25rem}
header.ready{background:var(--goodbg)}header.not-ready{background:var(--badbg)}header.inconclusive{background:var(--warnbg)}
h1{margin:0;font-size:1rem;font-weight:600;color:var(--soft)}
.verdict{font-size:2.4rem;font-weight:800;letter-spacing:-.01em;line-height:1.15;margin:.1rem 0}
.ready .verdict,.pass{color:var(--good)}.not-ready .verdict,.fail,.blocker{color:var(--bad)}.inconclusive .verdict,.error,.skipped,.not-run,.warning{color:var(--warn)}
h2{font-size:1.3rem;margin:2.2rem 0 .6rem;padding-top:.4rem}
h3{font-size:1.05rem;margin:0}
p{margin:.4rem 0}
.soft,figcaption,caption{color:var(--soft)}
ul.reasons{margin:.6rem 0;padding-left:1.2rem}
nav{font-size:.92rem;margin-top:.6rem}nav a{margin-right:1rem;white-space:nowrap}
a{color:var(--accent)}
code,.mono,td.mono{font:.86em/1.45 ui-monospace,"SF Mono","DejaVu Sans Mono","Liberation Mono",monospace;overflow-wrap:anywhere}
.card{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--bad);border-radius:6px;padding:.9rem 1.1rem;margin:.8rem 0}
.card.accepted{border-left-color:var(--warn)}
.wish{margin:.7rem 0 0;padding:.7rem 0 0;border-top:1px solid var(--line)}
.wish:first-of-type{border-top:0;padding-top:0}
.to{font-weight:650;overflow-wrap:anywhere}
.tag{display:inline-block;font-size:.78rem;border:1px solid var(--line);border-radius:99px;padding:0 .55rem;margin-left:.4rem;color:var(--soft);background:var(--bg);white-space:nowrap}
.remedy{margin:.45rem 0;padding:.4rem .7rem;border-left:3px solid var(--accent);background:var(--bg);border-radius:0 4px 4px 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem .9rem;margin:.5rem 0;font-size:.92rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
details{margin:.4rem 0;font-size:.92rem}summary{cursor:pointer;color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;padding:.2rem 0 .5rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .7rem .35rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);white-space:nowrap}td.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.state{font-weight:650;white-space:nowrap}
figure{margin:.6rem 0}svg text{fill:var(--ink);font:12px system-ui,sans-serif}svg .bar{fill:var(--accent)}svg .mark{fill:var(--bad)}svg .axis{fill:var(--soft)}
footer{color:var(--soft);font-size:.88rem;padding-top:2rem;padding-bottom:3rem}
@media(max-width:40rem){dl{grid-template-columns:1fr}dt{margin-top:.3rem}.verdict{font-size:1.9rem}}
@media print{body{font-size:11pt}header,.card{background:none!important}details{display:block}nav{display:none}.card{break-inside:avoid}}
`;
