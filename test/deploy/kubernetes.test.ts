import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { ConfigMap, Namespace, PersistentVolumeClaim, Service } from 'kubernetes-models/v1';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { runCli } from '../helpers/cli.js';
import { tellSkipped } from '../helpers/skipped.js';

// What is in deploy/kubernetes is what Kubernetes takes, and holds together.

const root = new URL('../../', import.meta.url).pathname;
const folder = join(root, 'deploy/kubernetes');
const temporary: string[] = [];
afterAll(() => {
  for (const one of temporary) rmSync(one, { recursive: true });
});

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
const manifests: Manifest[] = files.flatMap((name) =>
  parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((document) => document.toJS() as Manifest),
);
const named = manifests.map((one) => [`${one.kind} ${one.metadata.name}`, one] as const);

/** From the published OpenAPI schemas: what a field has to be, and which must be there. */
const kinds = { Deployment, StatefulSet, Job, NetworkPolicy, ConfigMap, Namespace, PersistentVolumeClaim, Service };

/** What the schema of its kind has against a manifest. */
function wrong(manifest: Manifest): string {
  const { apiVersion, kind, ...data } = manifest;
  const model = new kinds[kind as keyof typeof kinds](data as never);
  expect({ apiVersion: model.apiVersion, kind: model.kind }).toEqual({ apiVersion, kind });
  try {
    model.validate();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Fields that the types of their kinds do not have, as the compiler names them: an API server would refuse or drop them. */
function unknownFields(all: readonly Manifest[]): string {
  const place = mkdtempSync(join(root, 'node_modules/.manifests-'));
  temporary.push(place);
  const modules: Record<string, string> = { 'apps/v1': 'apps/v1', 'batch/v1': 'batch/v1', v1: 'v1' };
  const lines = all.map((one, index) => {
    const from = modules[one.apiVersion] ?? one.apiVersion;
    return `import type { I${one.kind} as K${index} } from 'kubernetes-models/${from}';\nexport const m${index}: K${index} = ${JSON.stringify(one)};`;
  });
  writeFileSync(join(place, 'manifests.ts'), lines.join('\n'));
  const flags = '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --target es2022'.split(' ');
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), [...flags, 'manifests.ts'], {
    cwd: place,
    encoding: 'utf8',
  });
  return stdout;
}

describe('deploy/kubernetes', () => {
  it.for(named)('%s is what the schema of its kind wants', ([, manifest]) => {
    expect(wrong(manifest)).toBe('');
  });

  it('has no field that there is not', () => {
    expect(unknownFields(manifests)).toBe('');
  });

  it('would not pass with a field that is misspelt, or of another type', () => {
    const [, statefulSet] = named.find(([name]) => name === 'StatefulSet agent') as (typeof named)[number];
    const text = JSON.stringify(statefulSet);
    expect(wrong(JSON.parse(text.replace('"replicas":3', '"replicas":"three"')))).toContain('replicas');
    expect(unknownFields([JSON.parse(text.replace('subPathExpr', 'subPathExp'))])).toContain('subPathExp');
  });

  const text = JSON.stringify(manifests);
  it('names secrets that keys.sh makes, and gives each pod none but its own', () => {
    const script = readFileSync(join(folder, 'keys.sh'), 'utf8');
    const used = [...text.matchAll(/"secretName":"([^"]+)"/g)].map(([, name]) => name);
    const made = [...script.matchAll(/create secret generic (\S+)/g)].map(([, name]) => name);
    expect(used.toSorted()).toEqual(made.toSorted());
    execFileSync('sh', ['-n', join(folder, 'keys.sh')]);
    expect(text).toContain(
      '{"name":"keys","mountPath":"/keys/agent.json","subPathExpr":"$(POD_NAME).json","readOnly":true}',
    );
  });

  it('runs everything without rights, and within one namespace', () => {
    const pods = manifests.filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind));
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      const own = JSON.stringify(pod);
      for (const wanted of [
        '"runAsNonRoot":true',
        '"allowPrivilegeEscalation":false',
        '"readOnlyRootFilesystem":true',
        '"drop":["ALL"]',
        '"type":"RuntimeDefault"',
        '"automountServiceAccountToken":false',
      ])
        expect({ pod: pod.metadata.name, own }).toMatchObject({ own: expect.stringContaining(wanted) });
      expect(own).toMatch(/"resources":\{"requests":(\{[^}]+\}),"limits":\1\}/); // no more than is asked for
    }
    const spaces = manifests.filter(({ kind }) => kind !== 'Namespace').map(({ metadata }) => metadata.namespace);
    expect(new Set(spaces)).toEqual(new Set(['mqbench']));
  });

  it('has a scenario that mqbench would run', async () => {
    const scenario = manifests.find(({ kind }) => kind === 'ConfigMap')?.data?.['scenario.yaml'] ?? '';
    const place = mkdtempSync(join(tmpdir(), 'mqbench-deploy-'));
    temporary.push(place);
    // So many clients are for three machines; this one may have fewer descriptors.
    writeFileSync(join(place, 'scenario.yaml'), scenario.replace('clients: 30000', 'clients: 30'));
    const { code, stdout } = await runCli(['run', 'scenario.yaml', '--dry-run'], { cwd: place });
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('30,000/s') });
  });

  const noKubectl = spawnSync('kubectl', ['version', '--client']).status === 0 ? undefined : 'there is no kubectl';
  const skips = tellSkipped('kubectl', noKubectl) !== undefined;
  it.skipIf(skips)(
    'makes keys that kubectl takes: a secret for the server, one for the coordinator, one for the agents',
    () => {
      const place = mkdtempSync(join(tmpdir(), 'mqbench-deploy-'));
      temporary.push(place);
      const real = execFileSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).trim();
      const programs = {
        kubectl: `exec ${real} "$@" --dry-run=client -o json`, // without a cluster it says what it would make
        mqbench: `exec ${process.execPath} ${join(root, 'dist/main.js')} "$@"`,
      };
      for (const [name, line] of Object.entries(programs))
        writeFileSync(join(place, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
      const env = { ...process.env, PATH: `${place}:${process.env.PATH}` };
      const said = execFileSync('sh', [join(folder, 'keys.sh'), '3', 'keys'], { cwd: place, env, encoding: 'utf8' });
      const secrets = [...said.matchAll(/^\{[\s\S]*?^\}/gm)].map(([one]) => JSON.parse(one));
      expect(secrets.map(({ metadata, data }) => [metadata.name, Object.keys(data)])).toEqual([
        ['mqbench-nats', ['cert.pem', 'key.pem', 'nats-server.conf']],
        ['mqbench-coordinator', ['coordinator.json']],
        ['mqbench-agents', ['agent-1.json', 'agent-2.json', 'agent-3.json']],
      ]);
      const server = Buffer.from(secrets[0].data['nats-server.conf'], 'base64').toString();
      expect(JSON.parse(server)).toMatchObject({ host: '0.0.0.0', port: 4222, tls: { key_file: '/keys/key.pem' } });
    },
  );

  it.skipIf(skips)('is put together by kubectl', () => {
    const made = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
    const here = parseAllDocuments(made).map((document) => (document.toJS() as Manifest).kind);
    expect(here.toSorted()).toEqual(
      ['Namespace', 'Deployment', 'StatefulSet', 'Service', 'Service', 'NetworkPolicy', 'NetworkPolicy'].toSorted(),
    );
  });
});
