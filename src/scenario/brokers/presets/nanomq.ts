import type { Preset } from '../spec.js';

/**
 * NanoMQ, written for 0.19 and later, whose configuration is another one than before (nanomq.io/docs/en/latest, "Listener", "Log",
 * "Authentication"). Of its images only those that end with -slim and -full have TLS (the same, "Deploy with Docker").
 */
export const nanomq: Preset = {
  program: ['nanomq', '/usr/local/bin/nanomq'],
  hint: 'install NanoMQ from nanomq.io; nanomq must be in PATH; or give an image: emqx/nanomq:0.24.6-full',
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
