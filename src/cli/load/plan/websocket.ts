import type { TransportName } from '../../../transport/contract.js';
import { headerProblem, pathProblem, type RequestProblem } from '../../../transport/ws/request.js';
import { usage } from '../../parsers.js';
import type { LoadFlags } from '../options/flags.js';

/** The headers of --ws-header by name. @throws MQB_USAGE for what is no header */
export function headersOf(texts: readonly string[] | undefined): Record<string, string> | undefined {
  return texts === undefined ? undefined : Object.fromEntries(texts.map(headerOf));
}

function headerOf(text: string): [name: string, value: string] {
  const at = text.indexOf(':');
  if (at <= 0) throw usage(`--ws-header "${text}" is not a name, ":" and a value`, 'e.g. --ws-header "X-Fleet: north"');
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** What of the request that opens a WebSocket cannot be, where there is one. */
export function webSocketProblems(transport: TransportName, { path, wsHeader = [] }: LoadFlags): string[] {
  if (transport !== 'ws' && transport !== 'wss') return [];
  const told = (what: string, problem: RequestProblem | undefined): string[] =>
    problem === undefined ? [] : [`${what} ${problem.says}: ${problem.hint}`];
  const headers = wsHeader.map(headerOf);
  const names = headers.map(([name]) => name.toLowerCase());
  return [
    ...(path === undefined ? [] : told(`--path "${path.replace(/[?#].*/s, '')}"`, pathProblem(path))),
    ...headers.flatMap(([name, value]) => told(`--ws-header "${name}"`, headerProblem(name, value))),
    ...headers
      .filter(([name], i) => names.indexOf(name.toLowerCase()) < i)
      .map(([name]) => `--ws-header gives "${name}" twice: join both values by a comma in one`),
  ];
}
