import { Markup } from './markup.js';

/** The report's and the status page's own sheet: one file, nothing fetched, light and dark, and black on white on paper. */
export const STYLE = new Markup(`<style>
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --paper: #fff; --card: #f6f8fa;
  --good: #1a7f37; --bad: #cf222e; --warn: #9a6700; --none: #e3e7eb; --drill: #6639ba; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9ea7b3; --line: #30363d; --paper: #0d1117;
  --card: #161b22; --good: #3fb950; --bad: #ff7b72; --warn: #d29922; --none: #262c34; --drill: #bc8cff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; } p { margin: .25rem 0 .75rem; }
.soft, caption { color: var(--soft); } .good { color: var(--good); } .bad { color: var(--bad); }
.warn { color: var(--warn); } .drill { color: var(--drill); }
.say { font-size: 1.15rem; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0; padding: 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; }
.figures dt { color: var(--soft); font-size: .85rem; } .figures dd { margin: 0; font-size: 1.35rem; font-weight: 600;
  font-variant-numeric: tabular-nums; } .figures dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); }
svg.strip { display: block; width: 100%; height: 3rem; } svg.strip .pass { fill: var(--good); }
svg.strip .fail { fill: var(--bad); } svg.strip .some { fill: var(--warn); } svg.strip .none { fill: var(--none); }
svg.strip .mark { fill: var(--bad); } svg.strip .mark.of-drill { fill: var(--drill); }
.scale { display: flex; justify-content: space-between; font-size: .8rem; color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } caption { text-align: left; padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; min-width: 4.6em; } th { font-weight: 600; } td.number, th.number { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; min-width: 0; }
.incident { border: 1px solid var(--line); border-left: 4px solid var(--bad); border-radius: .5rem; padding: .75rem 1rem; margin: 1rem 0;
  break-inside: avoid; } .incident.healed { border-left-color: var(--good); } .incident.of-drill { border-left-color: var(--drill); }
.incident h4 { margin: 0; font-size: 1rem; } .incident table { margin-top: .5rem; }
.incident td.soft { font-size: .8rem; min-width: 5.8em; }
@media (max-width: 34rem) { body { padding: 1.25rem 1rem 3rem; } table { font-size: .8rem; }
  th, td, .incident td.soft { min-width: 2.8em; padding-right: .4rem; } td.number, th.number { white-space: normal; } }
@media print { :root { --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --card: #fff; --good: #0a5c26; --bad: #a40e26;
  --warn: #6e4a00; --none: #e3e3e3; --drill: #4b2a8c; } body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2, h3 { break-after: avoid; } tr, .figures div { break-inside: avoid; } svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  @page { margin: 16mm; } }
</style>`);
