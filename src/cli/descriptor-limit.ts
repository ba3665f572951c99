import { closeSync, openSync } from 'node:fs';
import { codeOf } from '../base/errors.js';

const lookMillis = 1000;

/**
 * The kernel refuses connections of a process that has all the descriptors it may have, without a word to anybody; this
 * says so, once each time.
 * @returns how to end it
 */
export function watchDescriptors(
  say: (line: string) => void,
  open: () => void = () => closeSync(openSync('/dev/null', 'r')),
): () => void {
  let said = false;
  const look = (): void => {
    try {
      open();
      said = false;
    } catch (error) {
      if (said || codeOf(error) !== 'EMFILE') return;
      said = true;
      say(
        'all file descriptors that this process may have are in use: further clients are refused (ulimit -n raises it)',
      );
    }
  };
  const timer = setInterval(look, lookMillis).unref();
  return () => clearInterval(timer);
}
