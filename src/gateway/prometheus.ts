import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { keptCounter } from '../metrics/kept-counter.js';
import type { GatewayCounters } from './contract.js';
import type { Gateway } from './gateway.js';

const prefix = 'mqbench_gateway_';

const totals: Readonly<Record<Exclude<keyof GatewayCounters, 'clients'>, readonly [name: string, help: string]>> = {
  clientsTotal: ['clients_total', 'Clients that came'],
  brokerUnreachable: ['broker_unreachable_total', 'Clients let go because the broker could not be reached'],
  brokerClosed: ['broker_closed_total', 'Connections that the broker ended before their client did'],
  dataStreams: ['data_streams_total', 'QUIC streams opened beside the control streams'],
  bytesUp: ['up_bytes_total', 'Bytes of clients handed to the broker'],
  bytesDown: ['down_bytes_total', 'Bytes of the broker handed to clients'],
};

/** The metrics of a gateway and its process for Prometheus, read when they are asked for. */
export function gatewayRegistry(gateway: Gateway): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const [counter, [name, help]] of Object.entries(totals))
    keptCounter(registry, `${prefix}${name}`, help, () => gateway.counters()[counter as keyof GatewayCounters]);
  new Gauge({
    name: `${prefix}clients`,
    help: 'Clients that are there',
    registers: [registry],
    collect() {
      this.set(gateway.counters().clients);
    },
  });
  return registry;
}
