import { linkTexts } from '../../netem/text.js';
import { profile } from '../fields.js';
import { networkKind } from '../kind.js';

export const profileChange = networkKind({
  kind: 'profile',
  description: 'The link gets another profile.',
  fields: {
    profile: profile('to', 'A named network, or a profile. Replaces the whole profile; what is not named is perfect.'),
  },
  disturbs: true,
  sentence: (event) => `the link becomes ${event.name} (${linkTexts(event.profile).join(', ') || 'nothing added'})`,
  act: async (stage, { profile: next }) => ({
    acts: [await stage.link.setProfile(next)],
    facts: { profile: JSON.stringify(next) },
  }),
});
