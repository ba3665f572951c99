// The broker's process. What its methods are for is said in process.ts.
import { MqbenchError } from '../base/errors.js';
import { serveRole } from '../base/process/role.js';
import { processorUse } from '../metrics/resources.js';
import { Broker } from './broker.js';
import type { BrokerOptions, BrokerPeer, BrokerReady, BrokerStats } from './contract.js';
import { StatsReader } from './stats.js';

let running: { broker: Broker; reader: StatsReader } | undefined;

function started(): { broker: Broker; reader: StatsReader } {
  if (!running) throw new MqbenchError('MQB_ROLE_METHOD', 'the broker is not started');
  return running;
}

async function stop(): Promise<void> {
  const stopping = running;
  running = undefined;
  stopping?.reader.stop();
  await stopping?.broker.close();
}

serveRole(
  {
    async start(options: BrokerOptions): Promise<BrokerReady> {
      if (running) throw new MqbenchError('MQB_ROLE_METHOD', 'the broker is started already');
      const broker = await Broker.start(options);
      running = { broker, reader: new StatsReader(broker) };
      return broker.ready;
    },
    stats: (): BrokerStats => started().reader.read(),
    processorUse,
    peers: (): BrokerPeer[] => started().broker.peers(),
    rotateTicketKey: (keyHex: string): void => started().broker.rotateTicketKey(Buffer.from(keyHex, 'hex')),
    stop,
  },
  stop,
);
