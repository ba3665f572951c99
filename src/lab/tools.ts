import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';
import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';

/** Debian's package of every program the lab calls. */
export const labTools: Readonly<Record<string, string>> = {
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
export function toolPath(path: string | undefined = env.PATH): string {
  const folders = (path ?? '').split(delimiter).filter(Boolean);
  for (const folder of ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']) {
    if (!folders.includes(folder)) folders.push(folder);
  }
  return folders.join(delimiter);
}

/** Those of the programs that are not on the path. */
export async function missingTools(
  tools: readonly string[] = Object.keys(labTools),
  path: string = toolPath(),
): Promise<string[]> {
  const found = await Promise.all(tools.map((tool) => isOnPath(tool, path)));
  return tools.filter((_, i) => !found[i]);
}

async function isOnPath(tool: string, path: string): Promise<boolean> {
  for (const folder of path.split(delimiter)) {
    const executable = await access(join(folder, tool), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return true;
  }
  return false;
}

/** The command that installs the packages of these programs on Debian and Ubuntu. */
export function installCommand(tools: readonly string[]): string {
  const packages = [...new Set(tools.map((tool) => labTools[tool] ?? tool))].sort();
  return `sudo apt-get install -y ${packages.join(' ')}`;
}

/** @throws MQB_LAB_TOOLS naming all that are missing and the command that installs them */
export async function checkTools(): Promise<void> {
  const missing = await missingTools();
  if (missing.length === 0) return;
  throw new MqbenchError('MQB_LAB_TOOLS', `the network lab needs programs that are not here: ${missing.join(', ')}`, {
    exitCode: exitCodes.machine,
    hint: installCommand(missing),
  });
}
