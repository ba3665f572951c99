import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { withQuicSettings } from '../../../../scripts/docs/quic-settings.mjs';
import { messageOf } from '../../../../src/base/errors.js';
import { scenarioJsonSchema } from '../../../../src/scenario/language/json-schema.js';
import {
  armSettings,
  clientDefaults,
  parseQuicSettings,
  quicConflicts,
  quicMistakes,
  quicSettings,
  resolveSettings,
  serverDefaults,
} from '../../../../src/transport/quic/settings.js';

describe('the table of QUIC settings', () => {
  it('has defaults that it allows itself', () => {
    for (const defaults of [clientDefaults, serverDefaults]) {
      expect([...quicMistakes({ ...defaults }), ...quicConflicts(defaults)]).toEqual([]);
    }
  });

  it('gives each setting its field in scenarios, unless an arm has one of its own for it', () => {
    const arms = JSON.parse(scenarioJsonSchema()).properties.arms.items.anyOf[1].properties;
    expect(Object.keys(arms.quic.properties)).toEqual(armSettings.map(([name]) => name));
    for (const [name, { says }] of armSettings) expect(arms.quic.properties[name].description).toContain(says);
    const own = Object.entries(quicSettings).filter(([name]) => !(name in arms.quic.properties));
    expect(own.map(([name, { option }]) => [name, option])).toEqual([
      ['congestionControl', '--cc'],
      ['maxStreams', '--streams'],
      ['earlyData', '--resumption'],
      ['datagrams', '--datagrams'],
    ]);
  });

  it('is in docs/quic.md (else: npm run build && node scripts/docs/quic-settings.mjs)', () => {
    const page = readFileSync(new URL('../../../../docs/quic.md', import.meta.url), 'utf8');
    expect(page).toBe(withQuicSettings(page, quicSettings));
  });
});

describe('QUIC settings', () => {
  it('are all checked, and every mistake is named', () => {
    const mistakes = {
      ...{ keepAliveMs: 90_000, idleTimeoutMs: 60_000, holdAcksMs: 30, congestionControl: 'bbr2' },
      ...{ retries: 1, maxUdpPayload: 99, ownSocket: 'yes' },
    };
    let error: unknown;
    try {
      resolveSettings(serverDefaults, mistakes);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'MQB_QUIC_SETTINGS', exitCode: 2 });
    expect(messageOf(error).split('; ')).toMatchSnapshot();
  });

  it.each([
    [['tailProbeMs=150', 'ownSocket=true', 'addressMode=path-validation'], 3],
    [['streamWindow=1048576'], 1],
  ])('are read as they are typed: %j', (texts, count) => {
    const { settings, mistakes } = parseQuicSettings(texts);
    expect(mistakes).toEqual([]);
    expect(Object.keys(settings)).toHaveLength(count);
    expect(resolveSettings(clientDefaults, settings)).toMatchObject(settings);
  });
});
