import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What this process has open, as far as /proc tells: number and target, such as `socket:[4711]`. */
export function* openDescriptors(): Generator<[descriptor: string, target: string]> {
  for (const descriptor of readdirSync('/proc/self/fd')) {
    let target: string;
    try {
      target = readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      continue; // closed since, as the one that listed the folder is
    }
    yield [descriptor, target];
  }
}

/** Empty where it cannot be read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
