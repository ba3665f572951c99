import type { Preset } from '../spec.js';

/** VerneMQ (docs.vernemq.com, "Environment variables and listeners"). */
export const vernemq: Preset = {
  program: ['vernemq', '/usr/sbin/vernemq', '/opt/vernemq/bin/vernemq'],
  hint: 'install VerneMQ from vernemq.com; vernemq must be in PATH',
  command: '{program} console -noshell -noinput',
  inImage: { program: ['/vernemq/bin/vernemq'] },
  listens: { tcp: 1883, tls: 8883, ws: 8083 },
  speaks: {},
  readyWithinMicros: 90e6,
  env: { HOME: '{dir}', VMQ_CONFIG_FILE: '{config}', RUNNER_LOG_DIR: '{dir}', PIPE_DIR: '{dir}/' },
  config: `accept_eula = yes
allow_anonymous = on
nodename = mqbench@127.0.0.1
distributed_cookie = mqbench
leveldb.maximum_memory.percent = 10
log.console = console
log.console.level = error
{#tcp}listener.tcp.default = {host}:{port}
{/tcp}{#ws}listener.ws.default = {host}:{port}
{/ws}{#tls}listener.ssl.default = {host}:{port}
listener.ssl.cafile = {ca}
listener.ssl.certfile = {cert}
listener.ssl.keyfile = {key}
{/tls}`,
};
