import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { outputError } from '../../result/whole-file.js';
import { type Address, type TransportName, transportNames } from '../../transport/contract.js';
import { formatBrokerUrl } from '../../transport/url.js';
import type { Environment } from '../environment.js';

// What the commands that listen tell of themselves, alike.

/** Where metrics are served when nobody says: the port that exporters of OpenTelemetry made usual. */
export const metricsAddress = '127.0.0.1:9464';

export function tellListeners(env: Environment, addresses: Partial<Record<TransportName, Address>>): void {
  for (const name of transportNames) {
    const address = addresses[name];
    if (!address) continue;
    const path = name === 'ws' || name === 'wss' ? '/mqtt' : '';
    env.stdout.write(`listening  ${name.padEnd(5)}${formatBrokerUrl(name, address.host, address.port, path)}\n`);
  }
}

/** Does what --ca-out asks for. @throws MQB_OUTPUT */
export function writeCa(env: Environment, name: string, ca: string): void {
  const file = resolve(env.cwd, name);
  try {
    writeFileSync(file, ca);
  } catch (error) {
    throw outputError('write the CA', error, { option: '--ca-out' });
  }
  env.stdout.write(`clients of tls, wss and quic trust ${file}\n`);
}
