import { execFileSync } from 'node:child_process';

/** Role processes run what is compiled, so the sources are compiled once before any test. */
export default function build(): void {
  execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: ['ignore', 'inherit', 'inherit'] });
}
