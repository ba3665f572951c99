// The build of mqbench that is measured: that of this checkout, or the one that --against-build names.
import { env } from 'node:process';
import { pathToFileURL } from 'node:url';

const here = new URL('../../../', import.meta.url);
const folder = env.MQBENCH_BENCH_BUILD === undefined ? here : pathToFileURL(`${env.MQBENCH_BENCH_BUILD}/`);

/** A module of it, by its path below dist. */
export const built = (path) => import(new URL(`dist/${path}`, folder));

/** Its program, as a path. */
export const program = new URL('dist/main.js', folder).pathname;
