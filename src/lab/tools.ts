import { delimiter } from 'node:path';
import { env } from 'node:process';
import { machineError } from '../base/errors.js';
import { onPath } from '../base/process/child.js';

/** Debian's package of every program the lab calls. */
const labTools: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
  awk: 'mawk',
};

/** PATH, with the folders of system programs that an ordinary user's PATH lacks on Debian. */
export function toolPath(path: string = env.PATH ?? ''): string {
  const folders = path.split(delimiter).filter(Boolean);
  return [...new Set([...folders, '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'])].join(delimiter);
}

/** Programs that the lab calls and that are not there. */
export const missingTools = (): string[] =>
  Object.keys(labTools).filter((tool) => onPath(tool, toolPath()) === undefined);

/** The command that installs the packages of these programs on Debian and Ubuntu. */
export function installCommand(tools: readonly string[]): string {
  const packages = [...new Set(tools.map((tool) => labTools[tool] ?? tool))].sort();
  return `sudo apt-get install -y ${packages.join(' ')}`;
}

/** @throws MQB_LAB_TOOLS naming all that are missing and the command that installs them */
export function checkTools(): void {
  const missing = missingTools();
  if (missing.length === 0) return;
  const message = `the network lab needs programs that are not here: ${missing.join(', ')}`;
  throw machineError('MQB_LAB_TOOLS', message, installCommand(missing));
}
