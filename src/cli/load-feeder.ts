import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../base/errors.js';
import type { FeedRow } from '../load/contract.js';
import { usage } from './load-parsers.js';

/**
 * Rows for clients, from CSV with a header line (RFC 4180) or a JSON array of objects. Columns `certfile` and
 * `keyfile` are paths, seen from the feeder's folder, and become `cert` and `key`.
 * @throws MQB_USAGE naming the line
 */
export function readFeeder(cwd: string, file: string): FeedRow[] {
  const path = resolve(cwd, file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/^\ufeff/, ''); // spreadsheets write a byte order mark
  } catch (error) {
    throw usage(`read ${file}: ${messageOf(error)}`, 'give the path of a CSV or JSON file that can be read');
  }
  if (text.includes('\0') || text.includes('\ufffd'))
    throw usage(`${file} is not text in UTF-8`, 'save it as CSV or JSON in UTF-8');
  const rows = /\.json$/i.test(file) ? fromJson(file, text) : fromCsv(file, text);
  if (rows.length === 0) throw usage(`${file} has no rows`);
  return rows.map((row) => withFiles(row, dirname(path)));
}

function fromJson(file: string, text: string): FeedRow[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw usage(`${file}: ${messageOf(error)}`);
  }
  if (!Array.isArray(parsed)) throw usage(`${file} is not a JSON array of objects`);
  return parsed.map((row: unknown, i) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw usage(`${file}, row ${i + 1} is not an object`, 'like [{"id": "a", "topic": "t/a"}]');
    return Object.fromEntries(
      Object.entries(row)
        .filter(([, value]) => value !== null)
        .map(([column, value]) => [column, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
    );
  });
}

function fromCsv(file: string, text: string): FeedRow[] {
  const [header, ...records] = csvRecords(text);
  if (header === undefined) throw usage(`${file} is empty`);
  return records.map((fields, i) => {
    if (fields.length !== header.length) {
      throw usage(`${file}, row ${i + 2}: ${fields.length} fields, and the header has ${header.length}`);
    }
    return Object.fromEntries(header.map((column, at) => [column.trim(), fields[at] as string]));
  });
}

/** Records of RFC 4180: fields by comma, quoted ones with commas, line breaks and doubled quotes inside. */
export function csvRecords(text: string): string[][] {
  const records: string[][] = [];
  let fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/y;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw usage(`a quote that is not closed near "${text.slice(0, 40)}"`);
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    if (fields.length > 1 || fields[0] !== '') records.push(fields);
    fields = [];
  }
  if (fields.length > 0) records.push([...fields, '']);
  return records;
}

function withFiles(row: FeedRow, folder: string): FeedRow {
  const { certfile, keyfile, ...rest } = row as Record<string, string>;
  const read = (name: string): string => {
    try {
      return readFileSync(resolve(folder, name), 'utf8');
    } catch (error) {
      throw usage(`read ${name} of the feeder: ${messageOf(error)}`);
    }
  };
  return {
    ...rest,
    ...(certfile ? { cert: read(certfile) } : {}),
    ...(keyfile ? { key: read(keyfile) } : {}),
  };
}
