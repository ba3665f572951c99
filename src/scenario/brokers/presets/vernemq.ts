import type { Preset } from '../spec.js';

/**
 * VerneMQ, written for 2.0 (docs.vernemq.com, "MQTT Listeners"; files/env.sh and files/runner of its repository; docker-vernemq). Its
 * start script reads the configuration of its installation and no other, which can be replaced in a container alone.
 */
export const vernemq: Preset = {
  program: ['vernemq'],
  imageNeeded: 'VerneMQ reads the configuration of its installation only, e.g. image: vernemq/vernemq:2.0.1',
  hint: 'give an image: vernemq/vernemq:2.0.1',
  command: 'sh {dir}/start.sh',
  inImage: { program: ['/vernemq/bin/vernemq'] },
  listens: { tcp: 1883, tls: 8883, ws: 8083 },
  speaks: {},
  readyWithinMicros: 90e6,
  files: {
    'start.sh': `cp {config} /vernemq/etc/vernemq.conf
exec {program} console -noshell -noinput
`,
  },
  config: `accept_eula = yes
allow_anonymous = on
nodename = VerneMQ@127.0.0.1
distributed_cookie = mqbench
log.console = console
log.console.level = error
{#tcp}listener.tcp.default = {host}:{port}
{/tcp}{#ws}listener.ws.default = {host}:{port}
{/ws}{#tls}listener.ssl.default = {host}:{port}
listener.ssl.default.cafile = {ca}
listener.ssl.default.certfile = {cert}
listener.ssl.default.keyfile = {key}
{/tls}`,
};
