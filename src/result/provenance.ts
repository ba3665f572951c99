import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, version as kernelVersion, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { arch, version as nodeVersion, platform } from 'node:process';
import { cpuQuota } from '../base/process/processors.js';
import { commitOf, version as mqbenchVersion } from '../base/version.js';
import type { Provenance } from './types.js';

/** Packages that carry the measurement: another version of one may mean other numbers. */
const measuringPackages = ['@matrixai/quic', 'aedes', 'mqtt-packet', 'hdr-histogram-js', 'ws', 'koffi'] as const;

/** Under which circumstances this run happens. */
export function collectProvenance(
  options: Pick<Provenance, 'command' | 'seed' | 'workers' | 'lab' | 'agents'>,
): Provenance {
  const [cpu] = cpus();
  return {
    ...options,
    ...{ mqbench: mqbenchVersion, commit: commitOf(), node: nodeVersion },
    packages: Object.fromEntries(measuringPackages.map((name) => [name, packageVersion(name)])),
    machine: {
      platform: `${platform} ${arch}`,
      kernel: `${release()} ${kernelVersion()}`,
      cpu: cpu?.model.trim() || 'unknown', // some virtual machines hide it
      cores: availableParallelism(),
      quotaCores: cpuQuota()?.cores,
      memoryBytes: totalmem(),
    },
  };
}

/** From the installed package's own package.json; packages that do not export it are found through their entry. */
function packageVersion(name: string): string {
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      const text = readFileSync(join(folder, name, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // not in this node_modules: the next one up
    }
  }
  return 'not installed';
}
