import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { readText } from '../../base/read-file.js';
import { parseJson } from '../../base/text/json-text.js';
import type { FeedRow } from '../../plan/plan.js';
import { keyPairHint, keyPairProblem } from '../../transport/tls/key-pair.js';
import { usage } from './usage.js';

/**
 * Rows for clients, from CSV with a header line (RFC 4180) or a JSON array of objects. Columns `certfile` and
 * `keyfile` are paths, seen from the feeder's folder, and become `cert` and `key`. A column whose name begins with # is
 * a comment.
 * @param most rows beyond these are needed by nobody, and left out
 * @throws MQB_USAGE naming the line
 */
export function readFeeder(cwd: string, file: string, most = Number.POSITIVE_INFINITY): FeedRow[] {
  const path = resolve(cwd, file);
  const text = readText(cwd, file); // without the byte order mark that spreadsheets write
  if (text.includes('\0') || text.includes('\ufffd'))
    throw usage(`${file} is not text in UTF-8`, 'save it as CSV or JSON in UTF-8');
  const isJson = /\.json$/i.test(file);
  if (!isJson && /^\s*[[{]/.test(text)) throw usage(`${file} is JSON by its first character`, 'call it *.json');
  const rows = isJson ? fromJson(file, text, most) : fromCsv(file, text, most);
  if (rows.length === 0) throw usage(`${file} has no rows`);
  return rows.map((row, i) => withFiles(row, dirname(path), `${file}, row ${i + 1}`));
}

function fromJson(file: string, text: string, most: number): FeedRow[] {
  const parsed = parseJson(file, text);
  if (!Array.isArray(parsed)) throw usage(`${file} is not a JSON array of objects`);
  return parsed.slice(0, most).map((row: unknown, i) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw usage(`${file}, row ${i + 1} is not an object`, 'like [{"id": "a", "topic": "t/a"}]');
    return Object.fromEntries(
      Object.entries(row)
        .filter(([column, value]) => value !== null && !column.startsWith('#'))
        .map(([column, value]) => [column, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
    );
  });
}

function fromCsv(file: string, text: string, most: number): FeedRow[] {
  const [line = ''] = /[^\r\n]+/.exec(text) ?? [];
  if (!line.includes('"')) checkHeader(file, line.split(',')); // first: in a file of another form no row is right
  const [header, ...records] = csvRecords(text, file);
  if (header === undefined) throw usage(`${file} is empty`);
  checkHeader(file, header);
  return records
    .map((fields, i) => {
      if (fields.length !== header.length) {
        throw usage(`${file}, row ${i + 2}: ${fields.length} fields, and the header has ${header.length}`);
      }
      if (i >= most) return {};
      const named = header.map((column, at) => [column, fields[at] as string] as const);
      return Object.fromEntries(named.filter(([column]) => !column.startsWith('#')));
    })
    .slice(0, most);
}

const separators: Readonly<Record<string, string>> = { ';': '";"', '\t': 'tabs', '|': '"|"' };

/** What no header can be, whatever its columns mean. */
function checkHeader(file: string, header: readonly string[]): void {
  const separator = Object.keys(separators).find((character) => header.some((column) => column.includes(character)));
  if (separator !== undefined) {
    const found = header.join(',').split(separator).length;
    throw usage(
      `${file} is separated by ${separators[separator]}: its header would be ${found} columns, and is read as ${header.length}`,
      'save it as CSV with commas (RFC 4180); in a spreadsheet that is a choice when saving',
    );
  }
  const nameless = header.indexOf('');
  if (nameless >= 0) throw usage(`${file}: column ${nameless + 1} has no name`, 'the first line names every column');
  const twice = header.find((column, i) => header.indexOf(column) !== i);
  if (twice !== undefined)
    throw usage(`${file} has the column "${twice}" twice`, 'which of them is meant cannot be told: leave one out');
}

const quoted = 'double quotes inside a field are written twice: "so ""quoted"" text"';

/** Why a field that is not in quotes is not taken, and what helps. */
function bareFieldProblem(field: string): readonly [says: string, hint: string] | undefined {
  if (field.includes('"')) return [`a quote inside of a field without quotes: ${field.slice(0, 40)}`, quoted];
  if (field.trim() === field) return undefined;
  return [
    `a field with spaces around it: "${field.slice(0, 40)}"`,
    'leave them out, or put the field with its spaces into quotes: they would be a part of it (RFC 4180)',
  ];
}

/**
 * Records of RFC 4180: fields by comma, quoted ones with commas, line breaks and doubled quotes inside. Spaces around a
 * field would be a part of it, and are so rarely meant that they are taken in quotes only.
 * @throws MQB_USAGE naming the line of a quote or of spaces that are not understood
 */
export function csvRecords(text: string, file = 'the CSV'): string[][] {
  const records: string[][] = [];
  let fields: string[] = [];
  const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n][^,\r\n]*|))(,|\r?\n|\r|$)/y;
  while (field.lastIndex < text.length) {
    const from = field.lastIndex;
    const match = field.exec(text);
    const problem =
      bareFieldProblem(match?.[2] ?? '') ?? (match === null ? [unclosed(text.slice(from)), quoted] : undefined);
    if (match === null || problem !== undefined)
      throw usage(`${file}, line ${text.slice(0, from).split(/\r?\n|\r/).length}: ${problem?.[0]}`, problem?.[1]);
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    if (fields.length > 1 || fields[0] !== '') records.push(fields);
    fields = [];
  }
  if (fields.length > 0) records.push([...fields, '']);
  return records;
}
const unclosed = (rest: string): string =>
  `a quote that is not closed, or has something else than a comma after it, near "${rest.slice(0, 20).trim()}"`;

/** A client's certificate and key, read and fitting each other. @param where file and row, for messages */
function withFiles(row: FeedRow, folder: string, where: string): FeedRow {
  const { certfile, keyfile, ...rest } = row as Record<string, string>;
  const read = (name: string): string => {
    try {
      return readFileSync(resolve(folder, name), 'utf8');
    } catch (error) {
      throw usage(`${where}: read ${name}: ${messageOf(error)}`);
    }
  };
  const full: FeedRow = {
    ...rest,
    ...(certfile ? { cert: read(certfile) } : {}),
    ...(keyfile ? { key: read(keyfile) } : {}),
  };
  const { cert = '', key = '' } = full;
  const problem = cert === '' && key === '' ? undefined : keyPairProblem(cert, key);
  if (problem === undefined) return full;
  throw usage(`${where}: ${certfile ?? 'cert'} and ${keyfile ?? 'key'}: ${problem}`, keyPairHint);
}
