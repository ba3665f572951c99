import type { Preset } from '../spec.js';

/** Eclipse Mosquitto 2 (mosquitto.conf(5)). It reads with one thread. */
export const mosquitto: Preset = {
  program: ['mosquitto', '/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'],
  hint: 'apt-get install mosquitto',
  command: '{program} -c {config}',
  inImage: { program: ['mosquitto'] },
  listens: { tcp: 1883, tls: 8883, ws: 8083, wss: 8084 },
  speaks: {},
  // Started as root it would become the user "mosquitto", who may not read our key. Without a limit of its own it drops
  // what a client has more than 20 messages in flight of, and 1,000 queued ones.
  config: `user {user}
allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
log_type error
log_type warning
listener {port} {host}
{#ws}protocol websockets
{/ws}{#wss}protocol websockets
{/wss}{#tls}cafile {ca}
certfile {cert}
keyfile {key}
{/tls}{#wss}cafile {ca}
certfile {cert}
keyfile {key}
{/wss}`,
};
