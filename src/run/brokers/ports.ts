import { createServer } from 'node:net';
import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { CommandBroker } from '../../scenario/brokers/spec.js';
import { type TransportName, transportNames } from '../../transport/contract.js';
import { isListening } from './listening.js';
import { type Filling, freeNames } from './template.js';

/** In a network of its own nobody has these. */
const firstInLab = 23_000;

/**
 * The ports of a broker: those that are written, and free ones where that is asked for.
 * @throws MQB_PORT_IN_USE when somebody on this host has one of the written ones
 */
export async function choosePorts(broker: CommandBroker, inLab: boolean): Promise<Pick<Filling, 'ports' | 'free'>> {
  let next = firstInLab;
  const anyPort = (): Promise<number> | number => (inLab ? next++ : freePort());
  const ports: Partial<Record<TransportName, number>> = {};
  for (const transport of transportNames) {
    const asked = broker.listens[transport];
    if (asked === undefined) continue;
    if (asked !== 'free' && !inLab) refuseTaken(broker.name, transport, asked);
    ports[transport] = asked === 'free' ? await anyPort() : asked;
  }
  const free: Record<string, number> = {};
  for (const name of freeNames(textsOf(broker))) free[name] = await anyPort();
  return { ports, free };
}

const textsOf = ({ command, config = '', files = {}, env = {} }: CommandBroker): string[] => [
  command,
  config,
  ...Object.values(files),
  ...Object.values(env),
];

function refuseTaken(name: string, transport: TransportName, port: number): void {
  if (!isListening('self', transport, port)) return;
  throw new MqbenchError(
    'MQB_PORT_IN_USE',
    `port ${port}, which the broker ${name} is to listen on, is taken on this host`,
    {
      hint: `end what listens there, or write listens: { ${transport}: free } and {port.${transport}} in its configuration`,
      exitCode: exitCodes.machine,
    },
  );
}

/** A port of loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
