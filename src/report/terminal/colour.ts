type Style = (text: string) => string;

/** What colours mean, so that without them nothing is lost: every meaning has a word or a mark as well. */
export interface Paint {
  readonly bold: Style;
  readonly faint: Style;
  readonly heading: Style;
  readonly good: Style;
  readonly warn: Style;
  readonly bad: Style;
}

const plain: Style = (text) => text;

/** ANSI SGR sequences (ECMA-48, 8.3.117), or none. */
export function colourise(colour: boolean): Paint {
  const sgr =
    (on: number, off: number): Style =>
    (text) =>
      colour ? `\u001b[${on}m${text}\u001b[${off}m` : plain(text);
  return {
    bold: sgr(1, 22),
    faint: sgr(2, 22),
    heading: sgr(36, 39),
    good: sgr(32, 39),
    warn: sgr(33, 39),
    bad: sgr(31, 39),
  };
}
