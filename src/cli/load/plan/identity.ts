import { randomInt } from 'node:crypto';
import { told } from '../../options/parsers.js';
import type { LoadCommand, LoadFlags } from '../options/flags.js';

/** Letters and digits that cannot be mistaken for each other when they are read out or copied. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/**
 * What the client ids of this run begin with. Without --prefix a random part makes them its own: two runs with the same
 * ids would take each other's sessions over, client by client.
 */
export function clientIdPrefix(command: LoadCommand, flags: LoadFlags): string {
  if (flags.shortids) return '';
  if (flags.prefix !== undefined) return flags.prefix;
  const own = Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  // MQTT 3.1 allows ids of at most 23 characters.
  return flags.mqttVersion === 3 ? `mqb-${own}-` : `mqbench-${command}-${own}-`;
}

/** Whether another run with the same command line has the same client ids. */
export function hasFixedIds({ shortids, prefix, feeder }: LoadFlags): boolean {
  return shortids === true || prefix !== undefined || feeder !== undefined;
}

/** What outlives a run needs ids that a later run has, too. */
export function identityProblems(command: LoadCommand, flags: LoadFlags): string[] {
  if (hasFixedIds(flags)) return [];
  const remedy = `client ids differ from run to run: fix them, for example --prefix mqbench-${command}-`;
  return told([
    [!flags.clean, `-C false keeps sessions for a later run, and ${remedy}`],
    [flags.tickets !== undefined, `--tickets keeps tickets by client id for a later run, and ${remedy}`],
  ]);
}
