import { natPolicies } from '../../contract.js';
import { fact } from '../../scripts.js';
import { choice } from '../fields.js';
import { networkKind } from '../kind.js';

export const natChange = networkKind({
  kind: 'nat',
  description: 'What the NAT does with TCP flows it does not know.',
  fields: {
    unknownFlows: choice('unknownFlows', 'forward: the server resets them. drop: nobody answers.', natPolicies),
  },
  changesNat: true,
  sentence: ({ unknownFlows }) => `the NAT ${unknownFlows === 'drop' ? 'drops' : 'forwards'} flows it does not know`,
  async act(stage, { unknownFlows }) {
    const { acts, facts } = await stage.nat(['policy', unknownFlows]);
    return { acts, facts: { unknownFlows: fact(facts, 'policy') } };
  },
});
