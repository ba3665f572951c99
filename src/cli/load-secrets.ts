import { ownEntry } from '../base/own.js';
import type { FeedRow, LoadPlan } from '../load/contract.js';

// Results are passed around, and reports are put on the web: no password, key or token in them.

const given = '(given)';

/** What of a feeder's row may be read by others; any other column may be a secret that a topic or a payload needs. */
const readable = new Set(['id', 'username', 'topic']);

/** The plan as a result shows it. */
export function planWithoutSecrets(plan: LoadPlan): LoadPlan {
  const { password, feed, ...rest } = plan;
  const { key, ws, keyLogFile, ...target } = plan.target; // the last is of this machine, and changes nothing that is measured
  const { userProperties } = plan.properties ?? {};
  return {
    ...rest,
    ...(feed === undefined ? {} : { feed: feed.map(rowWithoutSecrets) }),
    ...(password === undefined ? {} : { password: given }),
    ...(userProperties === undefined
      ? {}
      : { properties: { ...plan.properties, userProperties: masked(userProperties) } }),
    target: {
      ...target,
      ...(key === undefined ? {} : { key: given }),
      ...(ws === undefined
        ? {}
        : {
            ws: {
              ...ws,
              ...(ws.path === undefined ? {} : { path: withoutQuery(ws.path) }),
              ...(ws.headers === undefined ? {} : { headers: masked(ws.headers) }),
            },
          }),
    },
  };
}

/** Names without their values. */
function masked(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, given]));
}

function rowWithoutSecrets(row: FeedRow): FeedRow {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, readable.has(column) ? value : given]),
  );
}

/** The query of a URL may be a signature, as that of a presigned one is. */
export function withoutQuery(path: string): string {
  return path.replace(/[?#].*/s, `?${given}`);
}

/** Options whose value is a secret, and those whose value has a name that is none before it. */
const secretOptions = new Set(['-P', '--password']);
const namedSecrets: Readonly<Record<string, RegExp>> = {
  '--ws-header': /:.*/s,
  '--ws-headers': /:.*/s,
  '-wh': /:.*/s,
  '--user-property': /=.*/s,
  '--path': /[?#].*/s,
};

/** A command line as a result shows it. */
export function commandWithoutSecrets(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const before = words[i - 1] ?? '';
    if (secretOptions.has(before)) return given;
    const named = ownEntry(namedSecrets, before);
    if (named !== undefined) return maskedAfterName(word, named);
    const [option = '', value] = splitOption(word);
    if (value !== undefined && secretOptions.has(option)) return `${option}=${given}`;
    const ofOption = ownEntry(namedSecrets, option);
    if (value !== undefined && ofOption !== undefined) return `${option}=${maskedAfterName(value, ofOption)}`;
    if (/^-P./s.test(word)) return `-P${given}`;
    return word
      .replace(/^([a-z0-9+.-]+:\/\/[^:/@]*):.*@/is, `$1:${given}@`)
      .replace(/^([a-z0-9+.-]+:\/\/[^?#]*)[?#].*/is, `$1?${given}`);
  });
}

function splitOption(word: string): [string, string?] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

/** Keeps the name and the character after it. */
function maskedAfterName(text: string, secret: RegExp): string {
  return text.replace(secret, (found) => `${found[0]}${given}`);
}
