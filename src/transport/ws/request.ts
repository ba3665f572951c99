import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { DialOptions } from '../contract.js';

// What the request that opens a WebSocket cannot hold; Node.js would say it only when it sends, and in its own words.

/** Why something cannot be in that request, and what can. The value itself may be a secret and is in neither. */
export interface RequestProblem {
  readonly says: string;
  readonly hint: string;
}

/** The names of RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;
/** What Node.js sends of a value: tab, and ISO 8859-1 without control characters (RFC 9110, 5.5). */
const unsendable = /[^\t\u0020-\u007e\u0080-\u00ff]/u;
/** The handshake says these itself (RFC 6455, 4.1), and a GET has no body. */
const ofHandshake =
  /^(connection|upgrade|content-length|transfer-encoding|sec-websocket-(key|version|protocol|extensions))$/i;

/** Why a header cannot be sent; undefined: it can. */
export function headerProblem(name: string, value: string): RequestProblem | undefined {
  if (!token.test(name))
    return { says: 'is no name of a header', hint: "it has letters, digits and !#$%&'*+-.^_`|~, and nothing else" };
  if (ofHandshake.test(name)) return { says: 'is said by the WebSocket handshake itself', hint: 'leave it out' };
  const found = unsendable.exec(value);
  if (found === null) return undefined;
  return {
    says: `has ${nameOf(found[0])} in its value, at character ${found.index + 1}`,
    hint: 'a header holds visible characters of ISO 8859-1, spaces and tabs: write others percent-encoded, or as Base64, whichever the server reads',
  };
}

/** Why a path cannot be asked for; undefined: it can. */
export function pathProblem(path: string): RequestProblem | undefined {
  if (!path.startsWith('/')) return { says: 'does not begin with "/"', hint: `write it as /${path}` };
  if (path.includes('#'))
    return { says: 'has a "#", and what follows that never reaches a server', hint: 'write it as %23' };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const found = /[\u0000-\u001f\u007f]/.exec(path);
  if (found === null) return undefined;
  return {
    says: `has ${nameOf(found[0])} in it, at character ${found.index + 1}`,
    hint: 'write it percent-encoded, or leave it out',
  };
}

function nameOf(character: string): string {
  const number = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `"${character}" (U+${number})` : `the character U+${number}`;
}

/** @throws MQB_OPTION for what {@link headerProblem} and {@link pathProblem} find */
export function checkRequest({ path, headers = {} }: NonNullable<DialOptions['ws']>): void {
  const ofPath = path === undefined ? undefined : pathProblem(path);
  if (ofPath !== undefined) throw notSendable('the path', ofPath);
  for (const [name, value] of Object.entries(headers)) {
    const problem = headerProblem(name, value);
    if (problem !== undefined) throw notSendable(`the header "${name}"`, problem);
  }
}

function notSendable(what: string, { says, hint }: RequestProblem): MqbenchError {
  return new MqbenchError('MQB_OPTION', `open a WebSocket: ${what} ${says}`, { hint, exitCode: exitCodes.usage });
}
