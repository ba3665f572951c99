import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Role processes run what is compiled, so the sources are compiled once before
 * any test. tsc emits also when a type is wrong; types are checked by `npm run types`.
 */
export default function build(): void {
  spawnSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (!existsSync('dist/main.js')) throw new Error('tsc wrote nothing to dist; run `npm run build` to see why');
}
