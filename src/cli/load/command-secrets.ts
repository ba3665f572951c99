import { ownEntry } from '../../base/own.js';
import { withoutUrlSecrets } from '../../transport/url.js';
import { dashedName, ownNames, type Shape } from '../peers/line.js';
import { peerWord } from '../peers/words.js';
import { isLoad, type LoadCommand } from './options/flags.js';
import { given, withoutQuery } from './secrets.js';

/** How the value of an option is shown: not at all, or what of it has a name that is no secret. */
const secretOptions: Readonly<Record<string, (value: string) => string>> = {
  ...forAll('-u --username -P --password', () => given),
  ...forAll('--ws-header --ws-headers -wh', (value) => value.replace(/:.*/s, `:${given}`)),
  ...forAll('--user-property --publish-user-property --user-properties -up --conn-user-properties -Cup', (value) =>
    value.replace(/([=:]).*/s, `$1${given}`),
  ),
  ...forAll('--path', withoutQuery),
};

function forAll(names: string, show: (value: string) => string): Record<string, (value: string) => string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, show]));
}

/** A command line that makes load, as a result shows it: whatever is or may be a secret is `(given)`. */
export function commandWithoutSecrets(words: readonly string[]): string[] {
  const at = words.findIndex(isLoad);
  const command = (words[at] ?? 'pub') as LoadCommand;
  const own = ownNames(command);
  const shown: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const option = readOption(word, (name) => shapeOf(name, words[i + 1], command, own));
    if (option === undefined) shown.push(i <= at ? word : withoutUrlSecrets(word));
    else if (option.value !== undefined) shown.push(option.written + shownValue(option.name, option.value));
    else {
      shown.push(word);
      const next = words[i + 1];
      if (!option.takesNext || next === undefined || !isValueOf(option.name, next, own)) continue;
      shown.push(shownValue(option.name, next));
      i++;
    }
  }
  return shown;
}

interface ReadOption {
  /** Without what other options are written together with it. */
  readonly name: string;
  /** All of the word before the value. */
  readonly written: string;
  /** What is written in the same word. */
  readonly value?: string;
  readonly takesNext: boolean;
}

/** @returns undefined for a word that is no option */
function readOption(word: string, shapeOf: (name: string) => Shape | undefined): ReadOption | undefined {
  if (!/^-[^-]|^--./.test(word)) return undefined;
  const equals = word.startsWith('--') ? word.indexOf('=') : -1;
  if (equals > 0) {
    return {
      name: dashedName(word.slice(0, equals)),
      written: word.slice(0, equals + 1),
      value: word.slice(equals + 1),
      takesNext: false,
    };
  }
  const whole = shapeOf(dashedName(word));
  if (whole !== undefined || word.startsWith('--')) {
    return { name: dashedName(word), written: word, takesNext: whole === 'value' };
  }
  // Short options written together: flags, and at the end perhaps one with a value.
  let at = 1;
  while (at < word.length - 1 && shapeOf(`-${word[at]}`) === 'flag') at++;
  const name = `-${word[at]}`;
  const value = word.slice(at + 1);
  if (value === '') return { name, written: word, takesNext: shapeOf(name) === 'value' };
  return { name, written: word.slice(0, at + 1), value, takesNext: false };
}

function shapeOf(
  name: string,
  next: string | undefined,
  command: LoadCommand,
  own: ReadonlyMap<string, Shape>,
): Shape | undefined {
  const foreign = peerWord(name, command, next);
  if (foreign !== undefined) return foreign.takes === 'value' ? 'value' : 'flag';
  return own.get(name);
}

/** What the reader does not take for a value (an option; the argument after emqtt-bench's bare -C) hides no secret behind it. */
function isValueOf(name: string, next: string, own: ReadonlyMap<string, Shape>): boolean {
  if (ownEntry(secretOptions, name) !== undefined) return true;
  if (/^(-C|--clean)$/.test(name)) return /^(true|false|yes|no)$/i.test(next);
  return !own.has(next);
}

/** Any text may be a URL; what is none stays as it is. */
function shownValue(name: string, value: string): string {
  const show = ownEntry(secretOptions, name);
  if (show !== undefined) return show(value);
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? withoutUrlSecrets(value) : value;
}
