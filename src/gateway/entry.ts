// The gateway's process. What its methods are for is said in process.ts.
import { MqbenchError } from '../base/errors.js';
import { serveRole } from '../base/process/role.js';
import { processorUse } from '../metrics/resources.js';
import type { GatewayCounters, GatewayOptions, GatewayReady } from './contract.js';
import { Gateway } from './gateway.js';

let running: Gateway | undefined;

function started(): Gateway {
  if (!running) throw new MqbenchError('MQB_ROLE_METHOD', 'the gateway is not started');
  return running;
}

async function stop(): Promise<void> {
  const stopping = running;
  running = undefined;
  await stopping?.close();
}

serveRole(
  {
    async start(options: GatewayOptions): Promise<GatewayReady> {
      if (running) throw new MqbenchError('MQB_ROLE_METHOD', 'the gateway is started already');
      running = await Gateway.start(options);
      return running.ready;
    },
    counters: (): GatewayCounters => started().counters(),
    processorUse,
    stop,
  },
  stop,
);
