import { emqx } from './presets/emqx.js';
import { hivemq } from './presets/hivemq.js';
import { mosquitto } from './presets/mosquitto.js';
import { nanomq } from './presets/nanomq.js';
import { nats } from './presets/nats.js';
import { rabbitmq } from './presets/rabbitmq.js';
import { vernemq } from './presets/vernemq.js';
import type { Preset } from './spec.js';

/** Brokers of others that a scenario may name: how each is started for a cell. The first three are in Debian, and in our tests. */
export const presets = {
  mosquitto,
  rabbitmq,
  'nats-server': nats,
  emqx,
  nanomq,
  vernemq,
  hivemq,
} as const satisfies Readonly<Record<string, Preset>>;
export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as [PresetName, ...PresetName[]];

/** What mqbench's own broker is called. */
export const included = 'included';
