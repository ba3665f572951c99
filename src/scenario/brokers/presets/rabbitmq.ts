import type { Preset } from '../spec.js';

/**
 * RabbitMQ with its plugins for MQTT (rabbitmq.com/docs/mqtt). Debian's wrapper would change the user and use the folders of
 * the system, so its own script is started; and its own port mapper, because one that Erlang starts stays behind.
 */
export const rabbitmq: Preset = {
  program: ['/usr/lib/rabbitmq/bin/rabbitmq-server', 'rabbitmq-server'],
  hint: 'apt-get install rabbitmq-server',
  command: 'sh {dir}/start.sh',
  inImage: { program: ['rabbitmq-server'], speaks: undefined }, // of which version is not known: it is asked
  listens: { tcp: 1883, tls: 8883, ws: 8083, wss: 8084 },
  // 3.13 speaks MQTT 5; Debian 12 has 3.10. QoS 2 is answered as QoS 1 (rabbitmq.com/docs/mqtt#qos).
  speaks: { mqttVersions: [3, 4], qos: 1 },
  readyWithinMicros: 90e6,
  env: {
    HOME: '{dir}',
    ERL_EPMD_PORT: '{free.epmd}',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'mqbench{free.epmd}@localhost',
    RABBITMQ_MNESIA_BASE: '{dir}/mnesia',
    RABBITMQ_LOG_BASE: '{dir}/log',
    RABBITMQ_ENABLED_PLUGINS_FILE: '{dir}/enabled_plugins',
    RABBITMQ_CONFIG_FILE: '{dir}/rabbitmq.conf',
    RABBITMQ_DIST_PORT: '{free.dist}',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
  },
  files: {
    'start.sh': `mkdir -p {dir}/mnesia {dir}/log
epmd -port {free.epmd} -address 127.0.0.1 &
exec {program}
`,
    enabled_plugins: '[rabbitmq_mqtt,rabbitmq_web_mqtt].\n',
    // Every listener that is not wanted gets a port of loopback that nobody asks.
    'rabbitmq.conf': `listeners.tcp = none
mqtt.allow_anonymous = true
loopback_users = none
{#tcp}mqtt.listeners.tcp.1 = {host}:{port}
{/tcp}{#tls}mqtt.listeners.tcp.1 = 127.0.0.1:{free.tcp}
mqtt.listeners.ssl.1 = {host}:{port}
{/tls}{#ws}mqtt.listeners.tcp.1 = 127.0.0.1:{free.tcp}
web_mqtt.tcp.ip = {host}
web_mqtt.tcp.port = {port}
{/ws}{#wss}mqtt.listeners.tcp.1 = 127.0.0.1:{free.tcp}
web_mqtt.tcp.ip = 127.0.0.1
web_mqtt.tcp.port = {free.ws}
web_mqtt.ssl.ip = {host}
web_mqtt.ssl.port = {port}
web_mqtt.ssl.cacertfile = {ca}
web_mqtt.ssl.certfile = {cert}
web_mqtt.ssl.keyfile = {key}
{/wss}{#tcp}web_mqtt.tcp.ip = 127.0.0.1
web_mqtt.tcp.port = {free.ws}
{/tcp}{#tls}web_mqtt.tcp.ip = 127.0.0.1
web_mqtt.tcp.port = {free.ws}
ssl_options.cacertfile = {ca}
ssl_options.certfile = {cert}
ssl_options.keyfile = {key}
ssl_options.verify = verify_none
{/tls}web_mqtt.ws_path = /mqtt
log.console = true
log.console.level = error
log.file = false
`,
  },
};
