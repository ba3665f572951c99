import { formatDuration, formatSize } from '../../base/units.js';
import { type ChartOption, faint, ink, lines } from './canvas.js';

const common = {
  axisLine: { lineStyle: { color: lines } },
  axisTick: { lineStyle: { color: lines } },
  splitLine: { lineStyle: { color: lines, opacity: 0.6 } },
  nameTextStyle: { color: faint, fontSize: 12 },
};
/** Of the labels of an axis. */
const axisText = { color: faint, fontSize: 11 };

/** A vertical axis. */
export function valueAxis(name: string, format: (value: number) => string, more: ChartOption = {}): ChartOption {
  return {
    type: 'value',
    name,
    nameLocation: 'end',
    ...common,
    nameTextStyle: { ...common.nameTextStyle, align: 'left', padding: [0, 0, 0, -40] },
    axisLabel: { ...axisText, formatter: format },
    ...more,
  };
}

/**
 * A horizontal axis with its name below the middle. A label that would come closer than a letter to its neighbour is left
 * out, the outermost first.
 * @param ticks undefined: as it comes
 */
export function bottomAxis(
  name: string,
  format: (value: number) => string,
  more: ChartOption = {},
  ticks?: readonly number[],
): ChartOption {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: 28,
    ...common,
    axisTick: { ...common.axisTick, customValues: ticks },
    axisLabel: { ...axisText, formatter: format, hideOverlap: true, textMargin: [0, 6], customValues: ticks },
    ...more,
  };
}

/** Names beside horizontal bars. */
export function nameAxis(names: readonly string[]): ChartOption {
  return {
    type: 'category',
    data: names,
    inverse: true,
    ...common,
    splitLine: { show: false },
    axisLabel: { color: ink, fontSize: 12, interval: 0 },
  };
}

export const legend: ChartOption = {
  top: 0,
  left: 'center',
  icon: 'roundRect',
  itemWidth: 14,
  itemHeight: 8,
  textStyle: { color: ink, fontSize: 12 },
};

/** "1.50 s" → "1.5 s", "2.00 MB" → "2 MB". */
const onAxis = (format: (value: number) => string) => (value: number) =>
  value === 0
    ? '0'
    : format(value)
        .replace(/(\.\d*?)0+(?= )/, '$1')
        .replace(/\.(?= )/, '');

/** Microseconds on an axis: "61 ms", "1.2 s", without needless zeros. */
export const axisDuration = onAxis(formatDuration);

/** Bytes on an axis. */
export const axisSize = onAxis(formatSize);

/** 1,500,000 → "1.5 M". */
export function axisCount(value: number): string {
  const [size, letter] = counts.find(([least]) => Math.abs(value) >= least) ?? [1, ''];
  return `${Number((value / size).toPrecision(3))}${letter}`;
}

const counts = [
  [1e9, ' G'],
  [1e6, ' M'],
  [1e3, ' k'],
] as const;
