import { armColours, partColours } from '../charts/canvas.js';

const palette = (name: string, colours: readonly string[]): string =>
  colours.map((colour, i) => `--${name}${i + 1}:${colour};`).join(' ');

/** On paper and on a light screen. */
const light = `--good:#116329; --bad:#a40e26; --warn:#7d4e00;
  ${palette('c', armColours)}
  ${palette('p', partColours)}`;

/** Everything the report looks like. No fonts, images or imports: the file needs no network. */
export const style = `
:root { color-scheme: light dark; --paper:#fff; --ink:#1f2328; --faint:#59636e; --line:#d0d7de; --panel:#f6f8fa; --shade:#8c959f99;
  ${light} }
@media (prefers-color-scheme: dark) { :root { --paper:#0d1117; --ink:#e6edf3; --faint:#9198a1; --line:#3d444d;
  --panel:#151b23; --shade:#000c; --good:#56d364; --bad:#ff7b72; --warn:#e3b341;
  --c1:#58a6ff; --c2:#ff9d57; --c3:#3ddc97; --c4:#e7a5c9; --c5:#d6b84a; --c6:#8fd3f5; --c7:#c297ff; --c8:#b0b0b0;
  --p1:#c3cedd; --p2:#6f7f93; --p3:#d9b777; --p4:#8b7547; --p5:#9cc7b5; --p6:#5d8272; --p7:#d3a1bb; } }
* { box-sizing:border-box; }
body { margin:0; background:var(--paper); color:var(--ink); font:16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
main { max-width:1240px; margin:0 auto; padding:16px; }
h1 { font-size:1.7rem; line-height:1.2; margin:.4em 0; } h2 { font-size:1.4rem; margin:2em 0 .3em; }
h3 { font-size:1.1rem; margin:2em 0 .5em; border-bottom:1px solid var(--line); padding-bottom:.2em; }
h4 { font-size:1rem; margin:1.4em 0 .4em; }
p { margin:.5em 0; max-width:75ch; } a { color:var(--c1); }
nav { font-size:.875rem; margin:1em 0; } nav a { display:inline-block; margin:0 .9em .3em 0; }
.headline { background:var(--panel); border-left:4px solid var(--c1); padding:.5em 1em; margin:.6em 0; line-height:1.4; }
.headline p { margin:.3em 0; max-width:90ch; } .why { color:var(--faint); max-width:none; margin:.3em 0 .8em; }
.faint, caption, figcaption { color:var(--faint); font-size:.875rem; }
.good { color:var(--good); } .bad { color:var(--bad); } .warn { color:var(--warn); } a.warn { white-space:nowrap; }
.best { font-weight:700; } .best::after { content:" \\2605"; color:var(--good); }
.scroll { overflow-x:auto; margin:.6em 0; background:linear-gradient(to left, var(--paper) 2em, transparent) right / 3em 100% no-repeat local,
  linear-gradient(to left, var(--shade), transparent) right / 1.2em 100% no-repeat scroll; }
.scroll th:first-child { position:sticky; left:0; background:var(--paper); z-index:1; }
table { border-collapse:collapse; font-size:.875rem; font-variant-numeric:tabular-nums; }
caption { text-align:left; padding:.2em 0; caption-side:top; }
th, td { padding:.3em .7em .3em 0; border-bottom:1px solid var(--line); text-align:right; vertical-align:top; }
th:first-child { text-align:left; } th { font-weight:600; } tbody th { font-weight:400; }
td { white-space:nowrap; } .words td { white-space:normal; overflow-wrap:anywhere; }
td small { display:block; color:var(--faint); }
.words th, .words td { text-align:left; }
.charts { display:grid; grid-template-columns:1fr 1fr; gap:1em; } .charts.full { grid-template-columns:1fr; }
figure { margin:0; min-width:0; } figcaption { margin-top:.2em; } figure h5 { font-size:.95rem; margin:.8em 0 .2em; }
svg { width:100%; height:auto; display:block; font-family:inherit; }
pre { background:var(--panel); padding:.7em 1em; overflow-x:auto; font-size:.85rem; white-space:pre-wrap; overflow-wrap:anywhere; }
progress { width:100%; height:1.1em; } #report h1, #report header { display:none; } ul { padding-left:1.2em; } details { margin:.8em 0; } summary { cursor:pointer; }
.paper { display:none; } .answer { display:grid; gap:0 1.5em; } .answer.with-chart { grid-template-columns:minmax(0,3fr) minmax(0,2fr); }
.answer .charts { margin-top:.4em; } .verdict { font-weight:700; margin:.2em 0; }
.verdicts { list-style:none; padding:0; margin:.2em 0 .8em; font-size:.875rem; columns:2 20em; column-gap:1.5em; }
.verdicts li { break-inside:avoid; overflow-wrap:anywhere; } .verdicts small { color:var(--faint); display:block; padding-left:1.2em; }
.tables { display:flex; flex-wrap:wrap; gap:0 2.5em; } .tables th, .tables td { padding-top:.15em; padding-bottom:.15em; } .tables .scroll, .tables details { min-width:0; max-width:100%; }
.group th { font-weight:600; padding-top:.9em; } .group th, .group td { border-bottom-color:var(--faint); }
.arm { border-bottom:3px solid var(--c1); }
${armColours.map((_, i) => `.arm${i + 1} { border-color:var(--c${i + 1}); }`).join(' ')}
@media (max-width:720px) { h1 { font-size:1.35rem; } .answer.with-chart { grid-template-columns:minmax(0,1fr); } .charts { grid-template-columns:1fr; } .wide { display:none; } .narrow { display:block; }
  td small { white-space:normal; min-width:8em; } body { font-size:15px; } main { padding:12px; } }
@media print { :root { color-scheme: light; --paper:#fff; --ink:#000; --faint:#444; --line:#bbb; --panel:#fff;
  ${light} }
  @page { size:A4; margin:12mm; } html { font-size:11px; } body { font-size:1rem; } main { max-width:none; padding:0; }
  nav, article > section, header { display:none; } .paper { display:block; } .paper p { margin:.2em 0; max-width:none; } article + article { break-before:page; }
  .answer.with-chart { grid-template-columns:minmax(0,3fr) minmax(0,2fr); } .wide { display:block; } .narrow { display:none; }
  figure, tr { break-inside:avoid; } .scroll { overflow:visible; background:none; } }
`;
