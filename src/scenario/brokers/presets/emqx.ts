import type { Preset } from '../spec.js';

/**
 * EMQX, written for 5.8 (docs.emqx.com/en/emqx/v5.8, "Listener Configuration" and "Environment Variables"; deploy/docker of its
 * repository): variables of the environment override its settings. Its packages for Debian and RPM start it through `su -`, which
 * drops them, so the archive or an image is needed.
 */
export const emqx: Preset = {
  program: ['/opt/emqx/bin/emqx'],
  hint: 'unpack the tar.gz of EMQX to /opt/emqx (its packages lose these settings), or give an image: emqx/emqx:5.8.6',
  command: '{program} foreground',
  inImage: { program: ['/opt/emqx/bin/emqx'] },
  listens: { tcp: 1883, tls: 8883, ws: 8083, wss: 8084, quic: 14567 },
  speaks: {},
  readyWithinMicros: 90e6,
  env: {
    HOME: '{dir}',
    EMQX_NODE__NAME: 'mqbench@127.0.0.1',
    EMQX_NODE__COOKIE: 'mqbench',
    EMQX_NODE__DATA_DIR: '{dir}',
    EMQX_LOG__CONSOLE__LEVEL: 'error',
    EMQX_DASHBOARD__LISTENERS__HTTP__BIND: '0',
    EMQX_LISTENERS__TCP__DEFAULT__BIND: '{host}:{port.tcp}',
    EMQX_LISTENERS__SSL__DEFAULT__BIND: '{host}:{port.tls}',
    EMQX_LISTENERS__SSL__DEFAULT__SSL_OPTIONS__CACERTFILE: '{ca}',
    EMQX_LISTENERS__SSL__DEFAULT__SSL_OPTIONS__CERTFILE: '{cert}',
    EMQX_LISTENERS__SSL__DEFAULT__SSL_OPTIONS__KEYFILE: '{key}',
    EMQX_LISTENERS__WS__DEFAULT__BIND: '{host}:{port.ws}',
    EMQX_LISTENERS__WSS__DEFAULT__BIND: '{host}:{port.wss}',
    EMQX_LISTENERS__WSS__DEFAULT__SSL_OPTIONS__CACERTFILE: '{ca}',
    EMQX_LISTENERS__WSS__DEFAULT__SSL_OPTIONS__CERTFILE: '{cert}',
    EMQX_LISTENERS__WSS__DEFAULT__SSL_OPTIONS__KEYFILE: '{key}',
    EMQX_LISTENERS__QUIC__DEFAULT__ENABLED: 'true',
    EMQX_LISTENERS__QUIC__DEFAULT__BIND: '{host}:{port.quic}',
    EMQX_LISTENERS__QUIC__DEFAULT__SSL_OPTIONS__CERTFILE: '{cert}',
    EMQX_LISTENERS__QUIC__DEFAULT__SSL_OPTIONS__KEYFILE: '{key}',
  },
};
