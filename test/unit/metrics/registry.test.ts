import { describe, expect, it } from 'vitest';
import { metrics } from '../../../src/metrics/registry.js';

describe('the registry of metrics', () => {
  it('calls each metric by a label of its own that fits the tables', () => {
    const labels = Object.values(metrics).map(({ kind, unit, label, detail }) => [kind, unit, label, detail].join(' '));
    expect(labels.filter((label, i) => labels.indexOf(label) !== i)).toEqual([]);
    expect(Object.values(metrics).filter(({ label, detail }) => label.length > 18 || detail.length > 9)).toEqual([]);
  });
});
