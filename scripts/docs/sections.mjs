// What docs/experiments.md shows of each experiment, by the scenario's name: a result's tables and charts.
import { connectLatency, connectStorm, reconnect } from './sections-connect.mjs';
import { lossyLink, lossyLinkCalm, natRebind, wireOverhead } from './sections-traffic.mjs';

export const sections = {
  'connect-latency': connectLatency,
  reconnect,
  'connect-storm': connectStorm,
  'nat-rebind': natRebind,
  'lossy-link': lossyLink,
  'lossy-link-calm': lossyLinkCalm,
  'wire-overhead': wireOverhead,
};
