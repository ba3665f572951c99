import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf, messageOf, usageError } from '../../../base/errors.js';
import { type CertificateFiles, configurationOf, type Listening } from './configuration.js';
import { type Credentials, credentialsText, parseCredentials } from './credentials.js';
import { type Keyring, knownAs } from './keyring.js';

// Keys that outlive a run: a folder with all that a server, a coordinator and agents need, a file each.

/** Names of the files; one more for each agent, `agent-1.json`. */
export const keyFiles = {
  server: 'nats-server.conf',
  ca: 'ca.pem',
  cert: 'cert.pem',
  key: 'key.pem',
  coordinator: 'coordinator.json',
} as const;

export const agentFile = (name: string): string => `${name}.json`;

/**
 * Makes the folder, which nobody else may look into, and its files.
 * @param address where the server will be, as it stands in the credentials
 * @param files where the server finds its certificate; default: in the folder
 * @throws MQB_USAGE when something is there already: keys are not written over
 */
export async function writeKeys(
  folder: string,
  keyring: Keyring,
  { url, listening, files }: { readonly url: string; readonly listening: Listening; readonly files?: CertificateFiles },
): Promise<void> {
  const { certificates, coordinator, agents } = keyring;
  const path = resolve(folder);
  const own = certificates && { cert: join(path, keyFiles.cert), key: join(path, keyFiles.key) };
  const texts: Record<string, string> = {
    [keyFiles.server]: configurationOf(keyring, listening, own && (files ?? own)),
    [keyFiles.coordinator]: credentialsText({ ...coordinator, server: url }),
    ...Object.fromEntries(
      agents.map((one) => [agentFile(one.name ?? ''), credentialsText({ ...one, server: url })] as const),
    ),
    ...(certificates && {
      [keyFiles.ca]: certificates.ca,
      [keyFiles.cert]: certificates.cert,
      [keyFiles.key]: certificates.key,
    }),
  };
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    for (const [name, text] of Object.entries(texts))
      await writeFile(join(path, name), text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const isThere = codeOf(error) === 'EEXIST';
    throw usageError(
      'MQB_USAGE',
      `cannot write keys to ${folder}: ${isThere ? 'there are some already' : messageOf(error)}`,
      isThere
        ? 'name a folder that there is not: who has one of the old keys would be locked out'
        : 'name another folder',
    );
  }
}

/**
 * The keys that {@link writeKeys} has written.
 * @throws MQB_CREDENTIALS naming the file that is wrong or missing
 */
export async function readKeys(folder: string): Promise<Keyring> {
  const read = async (name: string): Promise<string> =>
    await readFile(join(folder, name), 'utf8').catch((error: unknown) => {
      throw usageError(
        'MQB_CREDENTIALS',
        `${folder} is no folder of keys: ${messageOf(error)}`,
        'give the folder that mqbench agents-keys has made',
      );
    });
  const credentials = async (name: string): Promise<Credentials> =>
    parseCredentials(await read(name), join(folder, name));
  const coordinator = await credentials(keyFiles.coordinator);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json') && name !== keyFiles.coordinator);
  const agents = await Promise.all(names.sort(byNumber).map(credentials));
  const known = await Promise.all([coordinator, ...agents].map(knownAs));
  if (coordinator.ca === undefined) return { coordinator, agents, known };
  const [ca, cert, key] = [await read(keyFiles.ca), await read(keyFiles.cert), await read(keyFiles.key)];
  refuseOld(cert, join(folder, keyFiles.cert));
  return { coordinator, agents, known, certificates: { ca, cert, key } };
}

/** Otherwise every agent would say so, and none of them could do anything about it. */
function refuseOld(cert: string, path: string): void {
  const until = new Date(new X509Certificate(cert).validTo);
  if (until.getTime() > Date.now()) return;
  throw usageError(
    'MQB_CREDENTIALS',
    `the certificate ${path} was valid until ${until.toISOString().slice(0, 10)}`,
    'make new keys for the server and all agents: mqbench agents-keys',
  );
}

const byNumber = (one: string, other: string): number => one.localeCompare(other, 'en', { numeric: true });
