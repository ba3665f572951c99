import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import { machineError } from '../../base/errors.js';
import { onPath, run, type Spawn } from '../../base/process/child.js';
import { commandWords } from '../../base/text/command-line.js';
import { outputError } from '../../result/whole-file.js';
import type { CommandBroker } from '../../scenario/brokers/spec.js';
import type { TransportName } from '../../transport/contract.js';
import type { ServerCertificates } from '../../transport/tls/certs.js';
import { certificatesFor } from './certificates.js';
import { findImage, type Image } from './container/image.js';
import { startContainer } from './container/start.js';
import type { CellBroker } from './contract.js';
import { choosePorts } from './ports.js';
import { Running, type Started } from './running.js';
import { type Filling, fill } from './template.js';

/** Where a cell has its broker. */
export interface Site {
  readonly transport: TransportName;
  /** What clients dial, and what the certificate is for. */
  readonly host: string;
  /** It has a network of its own, in which every port is free. */
  readonly inLab: boolean;
  /** Of a lab: path of the network namespace that it is to be in. */
  readonly network?: string | undefined;
  readonly spawn: Spawn;
  /** Default: made for it. */
  readonly certificates?: ServerCertificates;
  readonly signal: AbortSignal;
}

/**
 * Starts a broker of others, as a program or in a container, and waits until its port answers.
 * @throws MQB_PORT_IN_USE, MQB_IMAGE, and MQB_BROKER_START when its program is not there, or with the last lines of its log when it
 *   ends or does not listen in time
 */
export async function commandBroker(broker: CommandBroker, site: Site): Promise<CellBroker> {
  const image = broker.image === undefined ? undefined : await findImage(broker.image, site.inLab);
  const program = image ? broker.program?.[0] : broker.program?.find((one) => onPath(one));
  const folder = await mkdtemp(join(tmpdir(), 'mqbench-broker-')).catch((error: unknown) => {
    throw outputError(`make a folder for ${broker.name} in ${tmpdir()}`, error, { option: 'the variable TMPDIR' });
  });
  try {
    // Whoever it is in a container may write there; nobody else gets through the folder around it.
    const dir = image ? join(folder, 'files') : folder;
    const { filling, ca } = await furnish(broker, site, dir, program);
    if (image) await run('chmod', ['-R', 'a+rwX', dir]);
    const started = image ? inContainer(image, broker, filling, site) : asProgram(broker, filling, site, program);
    const running = new Running(broker, started, folder);
    await running.listens(filling.ports[site.transport] as number, site);
    const address = { host: site.host, port: filling.ports[site.transport] as number };
    return running.as({ addresses: { [site.transport]: address }, ca });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

const filledWords = (command: string, filling: Filling): string[] =>
  (commandWords(command) ?? []).map((word) => fill(word, filling));

function asProgram(broker: CommandBroker, filling: Filling, site: Site, program: string | undefined): Started {
  const [command = '', ...args] = filledWords(broker.command, filling);
  checkProgram(broker, program, command);
  const child = site.spawn(command, args, settings(broker, filling));
  return { child, locate: async () => child.pid };
}

/** With a program the command is all of it, and without one what the image's own is given. */
function inContainer(image: Image, broker: CommandBroker, filling: Filling, { network }: Site): Started {
  const words = filledWords(broker.command, filling);
  const isWhole = broker.program !== undefined;
  const [entrypoint, args] = isWhole ? [words[0], words.slice(1)] : [undefined, words];
  const env = filledTexts(broker.env, filling);
  const container = startContainer({ image, dir: filling.dir, network, env, entrypoint, args });
  return { child: container.child, locate: container.locate, container };
}

/** Its folder with certificate, configuration and files. */
async function furnish(
  broker: CommandBroker,
  { transport, host, inLab, certificates }: Site,
  dir: string,
  program = broker.program?.[0] ?? '',
): Promise<{ filling: Filling; ca: string }> {
  const { ca, cert, key } = certificates ?? (await certificatesFor(host));
  const paths = { dir, config: join(dir, 'broker.conf'), ca: join(dir, 'ca.pem') };
  // In a container it is root, or somebody that this host does not know.
  const user = broker.image === undefined ? userInfo().username : 'root';
  const own = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem'), user };
  const { ports, free } = await choosePorts(broker, inLab);
  const filling: Filling = { transport, host, ports, free, ...paths, ...own, program };
  const files = { ...broker.files, ...(broker.config === undefined ? {} : { 'broker.conf': broker.config }) };
  await mkdir(dir, { recursive: true });
  await writeFile(paths.ca, ca);
  await writeFile(own.cert, cert);
  await writeFile(own.key, key, { mode: 0o600 });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), fill(text, filling));
  }
  return { filling, ca };
}

const filledTexts = (texts: Readonly<Record<string, string>> = {}, filling: Filling): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(text, filling)]));

const settings = (broker: CommandBroker, filling: Filling) => ({
  stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  env: { ...env, ...filledTexts(broker.env, filling) },
  detached: true, // a signal to the whole group of the run is for the run alone
});

/** @throws MQB_BROKER_START naming the program that there is not */
function checkProgram({ name, program, hint }: CommandBroker, found: string | undefined, command: string): void {
  const missing = program && found === undefined ? program[0] : onPath(command) ? undefined : command;
  if (missing === undefined) return;
  const remedy = hint ?? 'install it, or give its path in the command';
  throw machineError(
    'MQB_BROKER_START',
    `the broker ${name} cannot be started: there is no program ${missing}`,
    remedy,
  );
}
