// A drawing of a report as a file of its own: with a title, a background and both colour schemes. Its colours are CSS
// variables there (src/report/charts/canvas.ts, src/report/html/style.ts); here they are values that every viewer
// understands, which those that understand style sheets change in the dark.
const dark = {
  '#ffffff': '#0d1117', // the background
  '#1f2328': '#e6edf3',
  '#6a737d': '#9198a1',
  '#d0d7de': '#3d444d',
  '#0072b2': '#58a6ff',
  '#d55e00': '#ff9d57',
  '#009e73': '#3ddc97',
  '#cc79a7': '#e7a5c9',
  '#8c6d00': '#d6b84a',
  '#56b4e9': '#8fd3f5',
  '#7f3fbf': '#c297ff',
  '#5b5b5b': '#b0b0b0',
};
const titleHeight = 30;

/** @param source a sentence that names the run it was drawn from */
export function standaloneSvg(chart, source) {
  const { wide, title, caption } = chart;
  const [, width, height] = /<svg [^>]*?width="(\d+)" height="(\d+)"/.exec(wide);
  const inner = wide
    .replace(/^<svg [^>]*>/, '')
    .replace(/<\/svg>$/, '')
    .replace(/var\(--\w+, (#\w+)\)/g, '$1')
    // Tenths of a pixel are enough, and half of the bytes.
    .replace(/="[^"]*"/g, (attribute) => attribute.replace(/(\d+\.\d)\d+/g, '$1'));
  const full = Number(height) + titleHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${width}" height="${full}" viewBox="0 0 ${width} ${full}">
<title>${escaped(title)}</title>
<desc>${escaped([caption, source].filter(Boolean).join(' '))}</desc>
<style>@media (prefers-color-scheme: dark) { ${darkRules(inner)} }</style>
<rect width="${width}" height="${full}" fill="#ffffff"/>
<text x="${width / 2}" y="20" text-anchor="middle" font-family="sans-serif" font-size="14" font-weight="bold" fill="#1f2328">${escaped(title)}</text>
<g transform="translate(0 ${titleHeight})">
${inner}
</g>
</svg>
`;
}

/** Only of the colours that occur. */
function darkRules(inner) {
  const used = Object.entries(dark).filter(
    ([light]) => light === '#ffffff' || light === '#1f2328' || inner.includes(light),
  );
  return used.map(([light, value]) => `[fill="${light}"]{fill:${value}}[stroke="${light}"]{stroke:${value}}`).join('');
}

function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
