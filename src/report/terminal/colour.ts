import { styleText } from 'node:util';

/** What colours mean, so that without them nothing is lost: every meaning has a word or a mark as well. */
const meanings = { bold: 'bold', faint: 'dim', heading: 'cyan', good: 'green', warn: 'yellow', bad: 'red' } as const;

export type Style = (text: string) => string;
export type Paint = Readonly<Record<keyof typeof meanings, Style>>;

export const unpainted: Style = (text) => text;

/** ANSI sequences, or none. Whether a terminal takes them is for the caller to know. */
export function colourise(colour: boolean): Paint {
  const styles = Object.entries(meanings).map(([meaning, format]): [string, Style] => [
    meaning,
    colour ? (text) => styleText(format, text, { validateStream: false }) : unpainted,
  ]);
  return Object.fromEntries(styles) as Paint;
}
