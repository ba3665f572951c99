import type { Preset } from '../spec.js';

/**
 * HiveMQ Community Edition, written for 2025.5, plain TCP and WebSocket (docs.hivemq.com, "Listeners"; its class
 * EnvironmentVariables); its TLS wants a Java key store.
 */
export const hivemq: Preset = {
  program: ['/opt/hivemq/bin/run.sh', '/opt/hivemq-ce/bin/run.sh', 'hivemq'],
  hint: 'install HiveMQ CE from hivemq.com to /opt/hivemq, or give an image: hivemq/hivemq-ce:2025.5',
  command: '{program}',
  inImage: { program: ['/opt/hivemq/bin/run.sh'] },
  listens: { tcp: 1883, ws: 8083 },
  speaks: {},
  readyWithinMicros: 90e6,
  env: { HIVEMQ_CONFIG_FOLDER: '{dir}', HIVEMQ_DATA_FOLDER: '{dir}/data', HIVEMQ_LOG_FOLDER: '{dir}/log' },
  files: {
    'config.xml': `<?xml version="1.0"?>
<hivemq>
  <listeners>
{#tcp}    <tcp-listener><port>{port}</port><bind-address>{host}</bind-address></tcp-listener>
{/tcp}{#ws}    <websocket-listener><port>{port}</port><bind-address>{host}</bind-address><path>/mqtt</path></websocket-listener>
{/ws}  </listeners>
  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
</hivemq>
`,
  },
};
