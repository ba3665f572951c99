import { MqbenchError } from './errors.js';
import { exitCodes } from './exit-codes.js';

/** Also in the long words of tc(8). */
const durationUnits: Record<string, number> = {
  ...{ us: 1, usec: 1, usecs: 1 },
  ...{ ms: 1e3, msec: 1e3, msecs: 1e3 },
  ...{ s: 1e6, sec: 1e6, secs: 1e6 },
  ...{ m: 60e6, h: 3600e6 },
};
const sizeUnits: Record<string, number> = {
  ...{ b: 1, kb: 1e3, mb: 1e6, gb: 1e9 },
  ...{ kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 },
};
const rateUnits: Record<string, number> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };

function parse(text: string, units: Record<string, number>, bare: number, what: string, examples: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = match?.[2]?.toLowerCase() ?? '';
  const factor = unit === '' ? bare : Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (!match || factor === undefined || Number.isNaN(factor))
    throw badUnit(text, `is not a ${what}; write it like ${examples}`);
  return Number(match[1]) * factor;
}

const badUnit = (text: string | number, says: string): MqbenchError =>
  new MqbenchError('MQB_BAD_UNIT', `"${text}" ${says}`, { exitCode: exitCodes.usage });

/**
 * A duration in microseconds. Units us, ms, s, m, h.
 * @param bareUnit what a number without a unit means (emqtt-bench: `ms` for intervals, `s` for keepalive);
 *   without it a unit is required
 */
export function parseDuration(text: string | number, bareUnit?: 'us' | 'ms' | 's'): number {
  const bare = bareUnit === undefined ? Number.NaN : (durationUnits[bareUnit] as number);
  return parse(String(text), durationUnits, bare, 'duration', '500us, 30ms, 10s or 2m');
}

/** A size in bytes; a bare number is bytes. Units B, KB, MB, GB (powers of 1000), KiB, MiB, GiB. */
export function parseSize(text: string | number): number {
  return parse(String(text), sizeUnits, 1, 'size', '256, 64KB or 1MiB');
}

/** A link rate in bits per second, in tc's units: bit, kbit, mbit, gbit. The unit is required. */
export function parseBitRate(text: string | number): number {
  return parse(String(text), rateUnits, Number.NaN, 'rate', '500kbit or 10mbit');
}

/** The fastest rate that means anything: one each microsecond. */
export const fastest = 1_000_000;

/** Operations a second, from `400`, `400/s` or `20k/s`. @throws MQB_BAD_UNIT for none, and for more than {@link fastest} */
export function parsePerSecond(text: string | number): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(k?)\s*(?:\/\s*s)?\s*$/i.exec(String(text));
  const value = match ? Number(match[1]) * (match[2] ? 1000 : 1) : 0;
  if (value > 0 && value <= fastest) return value;
  if (value > fastest) throw badUnit(text, `is more than ${fastest} a second, which no machine does`);
  throw badUnit(text, 'is not a rate; write it like 400, 400/s or 20k/s');
}

/** A share in [0, 1], from `10%` or `0.1`. @throws MQB_BAD_UNIT outside 0–100 % */
export function parseShare(text: string | number): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(String(text));
  const value = match ? Number(match[1]) / (match[2] === '%' ? 100 : 1) : Number.NaN;
  if (!(value >= 0 && value <= 1)) throw badUnit(text, 'is not a share; write it like 10% or 0.1 (0 to 100 %)');
  return value;
}

/** Microseconds for a reader: "61 ms", "1.24 s", "0.35 ms", "0.004 ms"; three significant digits, "-" when there is none. */
export function formatDuration(micros: number): string {
  if (!Number.isFinite(micros)) return '-';
  const seconds = Math.round(micros / 1e6);
  if (micros >= 60e6) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  if (micros >= 1e6) return `${digits(micros / 1e6)} s`;
  // Two decimals would make nothing of it, and a limit of 3 us is one.
  if (micros > 0 && micros < 10) return `${Number(micros.toPrecision(3)) / 1e3} ms`;
  return `${digits(micros / 1e3)} ms`;
}

/** Bytes for a reader: "12 B", "3.4 KB", "1.2 MB" (powers of 1000). */
export function formatSize(bytes: number): string {
  if (!Number.isFinite(bytes)) return '-';
  const unit = (['GB', 'MB', 'KB'] as const).find((name) => bytes >= (sizeUnits[name.toLowerCase()] as number));
  return unit ? `${digits(bytes / (sizeUnits[unit.toLowerCase()] as number))} ${unit}` : `${Math.round(bytes)} B`;
}

/** A count with thin thousands: 12,345. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? inThousands(Math.round(count)) : '-';
}

/** A whole number with thin thousands. Not by toLocaleString(), whose first call loads 20 ms of rules for all languages. */
export function inThousands(whole: number): string {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count of things: "1 client", "12,345 clients". */
export function formatCounted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A rate for a reader: "20,000/s", "44.7/s", "0.2/s". */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '-';
  return `${Math.abs(perSecond) >= 100 ? formatCount(perSecond) : Number(perSecond.toPrecision(3))}/s`;
}

/** A share for a reader: "9.8 %". */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${digits(share * 100)} %` : '-';
}

/** Three significant digits, without an exponent or needless zeros beyond them. */
function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2);
}
