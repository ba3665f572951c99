/**
 * Where coordinator and agents speak to each other. There are no reply subjects: who asks listens to what agents say to it, and
 * an agent may be kept, by the permissions of its key, to speak under its own name alone.
 *
 *   mqb.all                  coordinators → every agent: who is there?
 *   mqb.to.AGENT             coordinators → one agent: everything else
 *   mqb.from.AGENT.ASKER     one agent → the coordinator (or `mqbench agents`) of that name
 *
 * What is said there are the messages of messages.ts.
 */
export const toAll = 'mqb.all';

/** @param agent its name, see {@link isAgentName} */
export const toAgent = (agent: string): string => `mqb.to.${agent}`;

/** @param asker the name that the coordinator has drawn for itself */
export const fromAgent = (agent: string, asker: string): string => `mqb.from.${agent}.${asker}`;

/** What a coordinator listens to. */
export const toAsker = (asker: string): string => `mqb.from.*.${asker}`;

/** Whose words came on a subject of {@link fromAgent}. */
export const speakerOf = (subject: string): string => subject.split('.')[2] ?? '';

/** A name is one token of a subject, and a word on a terminal. */
export const isAgentName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(name);

/** What a key may say and hear, as NATS writes it. */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** An agent speaks for itself alone, and hears only what is said to it or to all. */
export const agentPermissions = (agent: string): Permissions => ({
  publish: [`mqb.from.${agent}.*`],
  subscribe: [toAll, toAgent(agent)],
});

export const coordinatorPermissions: Permissions = {
  publish: [toAll, 'mqb.to.*'],
  subscribe: ['mqb.from.*.*'],
};
