/** Everything the report looks like. No fonts, images or imports: the file needs no network. */
export const style = `
:root { color-scheme: light dark; --paper:#fff; --ink:#1f2328; --faint:#59636e; --line:#d0d7de; --panel:#f6f8fa;
  --good:#116329; --bad:#a40e26; --warn:#7d4e00;
  --c1:#0072b2; --c2:#d55e00; --c3:#009e73; --c4:#cc79a7; --c5:#8c6d00; --c6:#56b4e9; --c7:#7f3fbf; --c8:#5b5b5b; }
@media (prefers-color-scheme: dark) { :root { --paper:#0d1117; --ink:#e6edf3; --faint:#9198a1; --line:#3d444d;
  --panel:#151b23; --good:#56d364; --bad:#ff7b72; --warn:#e3b341;
  --c1:#58a6ff; --c2:#ff9d57; --c3:#3ddc97; --c4:#e7a5c9; --c5:#d6b84a; --c6:#8fd3f5; --c7:#c297ff; --c8:#b0b0b0; } }
@media print { :root { color-scheme: light; --paper:#fff; --ink:#000; --faint:#444; --line:#bbb; --panel:#fff;
  --good:#116329; --bad:#a40e26; --warn:#7d4e00;
  --c1:#0072b2; --c2:#d55e00; --c3:#009e73; --c4:#cc79a7; --c5:#8c6d00; --c6:#56b4e9; --c7:#7f3fbf; --c8:#5b5b5b; }
  nav { display:none; } figure, tr { break-inside:avoid; }
  details::details-content { content-visibility:visible; block-size:auto; } h2, h3 { break-after:avoid; } main { max-width:none; } }
* { box-sizing:border-box; }
body { margin:0; background:var(--paper); color:var(--ink); font:16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
main { max-width:1120px; margin:0 auto; padding:16px; }
h1 { font-size:1.7rem; line-height:1.2; margin:.4em 0; } h2 { font-size:1.4rem; margin:2em 0 .3em; }
h3 { font-size:1.1rem; margin:2em 0 .5em; border-bottom:1px solid var(--line); padding-bottom:.2em; }
h4 { font-size:1rem; margin:1.4em 0 .4em; }
p { margin:.5em 0; max-width:75ch; } a { color:var(--c1); }
nav { font-size:.875rem; margin:1em 0; } nav a { display:inline-block; margin:0 .9em .3em 0; }
.headline { background:var(--panel); border-left:4px solid var(--c1); padding:.8em 1em; margin:1em 0; }
.headline p { margin:.3em 0; font-size:1.08rem; max-width:90ch; }
.faint, caption, figcaption { color:var(--faint); font-size:.875rem; }
.good { color:var(--good); } .bad { color:var(--bad); } .warn { color:var(--warn); }
.best { font-weight:700; } .best::after { content:" \\2605"; color:var(--good); }
.scroll { overflow-x:auto; margin:.6em 0; }
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
ul { padding-left:1.2em; } details { margin:.8em 0; } summary { cursor:pointer; }
@media (max-width:720px) { .charts { grid-template-columns:1fr; } .wide { display:none; } .narrow { display:block; }
  td small { white-space:normal; min-width:8em; } body { font-size:15px; } main { padding:12px; } }
`;
