import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfOf } from '../../src/agents/agent/self.js';
import type { Channel } from '../../src/agents/channel/channel.js';
import { Ear, Speaker } from '../../src/agents/channel/wire.js';
import type { FromAgent, ToAgent } from '../../src/agents/messages.js';
import { openNats } from '../../src/agents/nats/channel.js';
import { fromAgent, toAgent, toAll } from '../../src/agents/subjects.js';
import { type Nats, noNats, startNats } from '../helpers/agents.js';
import { runCli, startHere } from '../helpers/cli.js';

const answers: Partial<Record<ToAgent['kind'], FromAgent>> = {
  roll: { kind: 'here', info: selfOf({ name: 'slow', labels: {}, allow: ['private'], workers: 1 }) },
  hire: { kind: 'hired' },
};

describe.skipIf(noNats)('Ctrl-C at a coordinator', { timeout: 60_000 }, () => {
  let nats: Nats;
  let channel: Channel;
  let heard: string[] = [];
  /** What the agent is asked and never answers. */
  let silentAt: string;
  beforeAll(async () => {
    nats = await startNats();
    channel = await openNats({ url: nats.url, name: 'slow' });
    const [ear, speaker] = [new Ear(), new Speaker(channel)];
    const hear = (subject: string, data: Uint8Array): void => {
      const { kind, asker } = ear.hear(subject, data) as ToAgent;
      heard.push(kind);
      const answer = answers[kind];
      if (answer !== undefined && kind !== silentAt) speaker.say(fromAgent('slow', asker), answer);
    };
    for (const subject of [toAll, toAgent('slow')]) channel.subscribe(subject, hear);
    await channel.flush();
  });
  afterAll(async () => {
    await channel?.close();
    await nats?.close();
  });

  it.each(['hire', 'brief'])('ends the run at once when an agent has not answered %s', async (kind) => {
    [heard, silentAt] = [[], kind];
    const load = ['-h', '127.0.0.1', '-p', '1', '-t', 'a', '-c', '3', '--rate', '3', '--duration', '1s'];
    const running = startHere(['pub', ...load, '--agents', nats.url, '--quiet']);
    await expect.poll(() => heard, { timeout: 5_000 }).toContain(kind);
    const began = performance.now();
    running.interrupt();
    const { code, stderr, stdout } = await running.ended;
    expect(performance.now() - began).toBeLessThan(3_000); // and not the 8 s that an agent has for its answer
    expect(stderr).toContain('interrupted by SIGINT');
    expect(stdout).toBe('');
    expect(code).toBe(5);
    // It is free for others.
    await expect.poll(() => heard).toContain('dismiss');
  });

  it('that waits for agents of its own server ends that, too', async () => {
    const running = startHere(['pub', '-h', '127.0.0.1', '-t', 'a', '--agents', 'listen:127.0.0.1:0', '--quiet']);
    await running.sees('waiting for agents: 0 of 1');
    const [url = ''] = /tls:\/\/\S+:\d+/.exec(running.said()) ?? [];
    running.interrupt();
    expect((await running.ended).code).toBe(5);
    expect((await runCli(['agents', '--agents', url])).stderr).toMatch(/no NATS server at .*refused/);
  });
});
