// The thread that looks at a hook that does not come back, by the debugger of Node.js; see hook/watch.ts.
import { type Debugger, type InspectorNotification, Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { isUrlOf } from './hook.js';
import type { HookPlace } from './stall.js';
import type { HookThreadData } from './watch.js';

const { beats, path, timeoutMillis, stalled } = workerData as HookThreadData;
const lookMillis = 100;
/** A gap so long between two looks says that the whole process was stopped, this thread with it. */
const stoppedMillis = 1_000;

let seen = -1;
let since = 0;
let lookedAt = 0;
let found = false;
// Goes on when all is told: were this thread to end while the debugger still writes to it, Node.js would abort.
setInterval(() => {
  const now = performance.now();
  const beat = Atomics.load(beats, 0);
  const wasStopped = now - lookedAt > stoppedMillis;
  lookedAt = now;
  if (beat !== seen || wasStopped) {
    seen = beat;
    since = now;
  }
  if (found || now - since < timeoutMillis) return;
  since = now;
  look();
}, lookMillis);
parentPort?.postMessage('looks');

/** Pauses the main thread wherever it is. It goes on when that is not in the hook; else nothing will come of it any more. */
function look(): void {
  const session = new Session();
  session.connectToMainThread();
  const scripts = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }: InspectorNotification<Debugger.ScriptParsedEventDataType>) => {
    scripts.set(params.scriptId, params.url);
  });
  session.on('Debugger.paused', ({ params }: InspectorNotification<Debugger.PausedEventDataType>) => {
    const place = placeIn(params.callFrames, scripts);
    if (place === undefined) {
      session.disconnect();
      return;
    }
    found = true;
    const expression = `globalThis[Symbol.for(${JSON.stringify(stalled)})](${JSON.stringify(place)})`;
    session.post('Runtime.evaluate', { expression });
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

/** @param scripts what each script is called */
function placeIn(frames: readonly Debugger.CallFrame[], scripts: ReadonlyMap<string, string>): HookPlace | undefined {
  const inFiles = frames
    .map(({ location }) => ({ url: scripts.get(location.scriptId) ?? '', line: location.lineNumber + 1 }))
    .filter(({ url }) => url.startsWith('file:'));
  const own = inFiles.find(({ url }) => isUrlOf(path, url));
  const [inner] = inFiles;
  if (own === undefined || inner === undefined) return undefined;
  return inner === own ? { line: own.line } : { line: own.line, calls: `${fileURLToPath(inner.url)}:${inner.line}` };
}
