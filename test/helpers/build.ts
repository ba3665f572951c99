import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Role processes run what is compiled, so the sources are compiled once before
 * any test. tsc emits also when a type is wrong; types are checked by `npm run types`.
 * Who has just built them says so: MQBENCH_BUILT=1.
 */
export default function build(): void {
  if (process.env.MQBENCH_BUILT === '1' && existsSync('dist/main.js')) return;
  spawnSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (!existsSync('dist/main.js')) throw new Error('tsc wrote nothing to dist; run `npm run build` to see why');
}
