/** The page with other lines between the marks that a script left: `<!-- name, by scripts/docs/… -->` and `<!-- end of name -->`. */
export function between(page, name, lines) {
  const begin = new RegExp(`<!-- ${name}, by .* -->\n`).exec(page);
  const to = page.indexOf(`<!-- end of ${name} -->`);
  if (begin === null || to < begin.index) throw new Error(`the page has no place for ${name}: <!-- ${name}, by … -->`);
  return `${page.slice(0, begin.index + begin[0].length)}${lines.join('\n')}\n${page.slice(to)}`;
}
