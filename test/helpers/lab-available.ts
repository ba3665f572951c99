import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

/**
 * Why the lab cannot be used here, or undefined when it can. Tests that need it
 * are skipped with this reason in their name.
 */
export function labMissing(): string | undefined {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  for (const tool of ['ip', 'nft', 'conntrack', 'unshare', 'setpriv', 'nsenter']) {
    try {
      execFileSync('sh', ['-c', `command -v ${tool}`], { env: { PATH: path } });
    } catch {
      return `${tool} is not installed`;
    }
  }
  try {
    execFileSync('unshare', ['-n', '-m', 'true'], { stdio: 'ignore' });
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch {
    return 'no right to make network namespaces or to open /dev/net/tun';
  }
  return undefined;
}
