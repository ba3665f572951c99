import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's package; `apt-get install chromium`. */
const executable = '/usr/bin/chromium';

/** Why there is no browser to test in, or undefined when there is one. */
export const noBrowser: string | undefined = existsSync(executable)
  ? undefined
  : `${executable} is missing; install it with: apt-get install chromium`;

/** A real browser without a window. It is asked to keep to itself: tests load files and loopback only. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
