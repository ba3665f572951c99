import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Role processes run what is compiled, so the sources are compiled once before
 * any test. tsc emits also when a type is wrong; types are checked by `npm run types`.
 * Vitest calls this for each project of vitest.config.ts: once is enough, also where scripts/test.sh has built before.
 */
export default function build(): void {
  // Every Node.js that starts would read them, which takes twice as long as all else of its start; no test talks to anybody
  // whose certificate they vouch for.
  delete process.env.NODE_EXTRA_CA_CERTS;
  if (process.env.MQBENCH_BUILT === '1' && existsSync('dist/main.js')) return;
  spawnSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (!existsSync('dist/main.js')) throw new Error('tsc wrote nothing to dist; run `npm run build` to see why');
  process.env.MQBENCH_BUILT = '1';
}
