import { formatDuration, formatSize } from '../../base/units.js';
import { type ChartOption, faint, ink, lines } from './canvas.js';

const common = {
  axisLine: { lineStyle: { color: lines } },
  axisTick: { lineStyle: { color: lines } },
  splitLine: { lineStyle: { color: lines, opacity: 0.6 } },
  nameTextStyle: { color: faint, fontSize: 12 },
};
/** Of the labels of an axis. */
export const axisText = { color: faint, fontSize: 11 };

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

/** A horizontal axis with its name below the middle. */
export function bottomAxis(name: string, format: (value: number) => string, more: ChartOption = {}): ChartOption {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: 28,
    ...common,
    axisLabel: { ...axisText, formatter: format, hideOverlap: true },
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

/** Microseconds on an axis: "61 ms", "1.2 s", without needless zeros. */
export function axisDuration(micros: number): string {
  return micros === 0 ? '0' : withoutZeros(formatDuration(micros));
}

/** Bytes on an axis. */
export function axisSize(bytes: number): string {
  return bytes === 0 ? '0' : withoutZeros(formatSize(bytes));
}

/** "1.50 s" → "1.5 s", "2.00 MB" → "2 MB". */
function withoutZeros(text: string): string {
  return text.replace(/(\.\d*?)0+(?= )/, '$1').replace(/\.(?= )/, '');
}

/** 1,500,000 → "1.5 M". */
export function axisCount(value: number): string {
  for (const [size, letter] of [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const) {
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${letter}`;
  }
  return String(Number(value.toPrecision(3)));
}
