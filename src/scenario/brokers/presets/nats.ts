import type { Preset } from '../spec.js';

/** nats-server: MQTT needs JetStream, and has one listener (docs.nats.io, "MQTT"). */
export const nats: Preset = {
  program: ['nats-server', '/usr/sbin/nats-server'],
  hint: 'apt-get install nats-server',
  command: '{program} -c {config}',
  inImage: { program: ['nats-server'], speaks: undefined }, // of which version is not known: it is asked
  listens: { tcp: 1883, tls: 8883 },
  // QoS 2 came with 2.10; Debian 12 has 2.9.
  speaks: { mqttVersions: [4], qos: 1 },
  config: `server_name: mqbench
listen: "127.0.0.1:{free.nats}"
jetstream { store_dir: "{dir}/jetstream" }
mqtt {
  host: "{host}"
  port: {port}
{#tls}  tls {
    cert_file: "{cert}"
    key_file: "{key}"
  }
{/tls}}
`,
};
