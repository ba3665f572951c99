import { fact } from '../../scripts.js';
import { networkKind } from '../kind.js';

export const udpOpen = networkKind({
  kind: 'udp-open',
  description: 'UDP passes again.',
  fields: {},
  changesNat: true,
  sentence: () => 'UDP passes again',
  async act(stage) {
    const { acts, facts } = await stage.nat(['unblock-udp']);
    return { acts, facts: { udp: 'open', dropped: Number(fact(facts, 'dropped')) } };
  },
});
