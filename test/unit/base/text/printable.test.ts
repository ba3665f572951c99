import { describe, expect, it } from 'vitest';
import { printable, printableLine, printableValue } from '../../../../src/base/text/printable.js';
import { draw, guarded } from '../../../../src/cli/environment.js';
import { ProgressLine } from '../../../../src/cli/progress-line.js';
import { renderScreen } from '../../../../src/report/terminal/screen.js';
import { renderTable } from '../../../../src/report/terminal/table.js';
import type { RunProgress } from '../../../../src/run/progress.js';
import { fakeEnvironment } from '../../../helpers/fake-environment.js';
import { buildResult } from '../../../helpers/result-builder.js';

const hostile = 'a\u001b[2J\u0007\r\u009b1A\u202eb\u2066c\u200fd\u2028e';

describe('what is printed', () => {
  it('shows what would command a terminal as text, and keeps lines, tabs and every script', () => {
    expect(printable(hostile)).toBe('a\\u001b[2J\\u0007\\u000d\\u009b1A\\u202eb\\u2066c\\u200fd\\u2028e');
    const harmless = 'Grüße\t日本語\nעברית العربية 👩‍🚀 → “x”';
    expect(printable(harmless)).toBe(harmless);
    expect(JSON.parse(printable(JSON.stringify(hostile)))).toBe(hostile);
    expect(printableLine('a\n\tb')).toBe('a\\u000a\\u0009b');
    expect(printableValue({ [hostile]: [hostile, 1, null, { x: hostile }] })).toEqual({
      [printableLine(hostile)]: [printableLine(hostile), 1, null, { x: printableLine(hostile) }],
    });
  });

  it('goes through one place: an output writes nothing else, and draws what is ours', () => {
    const env = fakeEnvironment('/');
    const { stdout, stderr } = guarded(env);
    stdout.write(hostile);
    stderr.write(hostile);
    draw(stdout, '\u001b[1A');
    expect(env.out()).toBe(`${printable(hostile)}\u001b[1A`);
    expect(env.err()).toBe(printable(hostile));
  });

  it('also where it is coloured or rewritten: the table, the live line', () => {
    const built = buildResult({ repeats: 1 });
    const result = { ...built, scenario: { ...built.scenario, title: hostile } };
    for (const render of [renderTable, renderScreen]) {
      const text = render(result, { colour: true });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are ours
      expect(text.replace(/\u001b\[\d+m/g, '')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    const drawn: string[] = [];
    const line = new ProgressLine({ write: (text) => void drawn.push(text), isTTY: true, columns: 200 });
    line.update({
      cellNumber: 1,
      cellCount: 1,
      cellId: hostile,
      phase: 'broker',
      clients: 1,
      remainingMicros: 1,
    } as RunProgress);
    const rest = drawn.join('').trimEnd();
    expect(printable(rest)).toBe(rest);
  });
});
