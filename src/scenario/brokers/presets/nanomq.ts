import type { Preset } from '../spec.js';

/** NanoMQ (nanomq.io, "Configuration"). */
export const nanomq: Preset = {
  program: ['nanomq', '/usr/local/bin/nanomq'],
  hint: 'install NanoMQ from nanomq.io; nanomq must be in PATH',
  command: '{program} start --conf {config}',
  inImage: { program: ['nanomq'] },
  listens: { tcp: 1883, tls: 8883, ws: 8083 },
  speaks: {},
  env: { HOME: '{dir}' },
  config: `{#tcp}listeners.tcp { bind = "{host}:{port}" }
{/tcp}{#ws}listeners.tcp { bind = "127.0.0.1:{free.tcp}" }
listeners.ws { bind = "{host}:{port}/mqtt" }
{/ws}{#tls}listeners.tcp { bind = "127.0.0.1:{free.tcp}" }
listeners.ssl {
  bind = "{host}:{port}"
  keyfile = "{key}"
  certfile = "{cert}"
  cacertfile = "{ca}"
  verify_peer = false
  fail_if_no_peer_cert = false
}
{/tls}log { to = [console], level = error }
auth { allow_anonymous = true }
`,
};
