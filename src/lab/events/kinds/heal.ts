import { networkKind } from '../kind.js';
import { profileChange } from './profile.js';

export const heal = networkKind({
  kind: 'heal',
  description: 'The link gets the profile of the cell back.',
  fields: {},
  sentence: () => 'the link is as at the beginning again',
  act: (stage) => profileChange.act(stage, { kind: 'profile', profile: stage.profile }),
});
