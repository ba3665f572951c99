import { ownEntry } from '../../base/own.js';
import { filterProblem, textProblem, topicProblem } from '../../base/text/mqtt-text.js';
import { nearest } from '../../base/text/nearest.js';
import { shortened } from '../../base/text/shortened.js';
import { type FeedRow, isMixed, type LoadPlan, ownTopics } from '../../plan/plan.js';
import { nameClient, publishTopic, subscribeTopics } from '../client/naming.js';
import { usage } from './usage.js';

/** What the settings around a feeder are called where it is asked for. */
export interface FeederWords {
  readonly feeder: string;
  clients(count: number): string;
  readonly username: string;
  readonly version5: string;
}

/** On the command line. */
const flags: FeederWords = {
  feeder: 'add --feeder <file>',
  clients: (count) => `-c ${count}`,
  username: '-u',
  version5: '-V 5',
};

/** Columns with a meaning of their own. */
const known = ['id', 'username', 'password', 'topic', 'certfile', 'keyfile', 'cert', 'key'];

/** Other names that people and brokers have for them. */
const otherNames: Readonly<Record<string, string>> = {
  client: 'id',
  clientid: 'id',
  clientidentifier: 'id',
  deviceid: 'id',
  user: 'username',
  login: 'username',
  pass: 'password',
  passwd: 'password',
  pwd: 'password',
  certificate: 'certfile',
  privatekey: 'keyfile',
};

/**
 * What of a feeder cannot be: too few rows, columns that nothing reads, ids twice, texts that MQTT does not carry.
 * @throws MQB_USAGE
 */
export function checkFeeder(plan: LoadPlan, words: FeederWords = flags): void {
  const { feed, clients } = plan;
  const { feed: _, ...rest } = plan;
  const asked = columnsIn([...textsIn(rest)]);
  if (feed === undefined) {
    if (asked.size > 0)
      throw usage(`%{${[...asked].join('}, %{')}} is a column of a feeder, and there is none`, words.feeder);
    return;
  }
  // Two clients under one id would take each other's session over, again and again.
  if (feed.length < clients)
    throw usage(
      `the feeder has ${feed.length} rows for ${clients} clients`,
      `${words.clients(feed.length)}, or more rows`,
    );
  const rows = feed.slice(0, clients);
  const columns = new Set(rows.flatMap((row) => Object.keys(row)));
  for (const [i, row] of rows.entries()) {
    // What a row gives as topic or user name may name columns, too.
    for (const name of columnsIn([row.topic ?? '', row.username ?? ''])) asked.add(name);
    const name = [...asked].find((one) => !ownEntry(row, one));
    if (name === undefined) continue;
    const meant = columns.has(name) ? undefined : nearest(name, [...columns]);
    throw usage(
      `%{${name}} has no value in row ${i + 1} of the feeder`,
      meant === undefined ? `its columns are ${[...columns].join(', ')}` : `did you mean %{${meant}}?`,
    );
  }
  // A hook gets the whole row.
  if (plan.publish?.payload.kind !== 'hook') checkColumns([...columns], asked);
  checkIds(rows);
  checkTexts(plan, rows, words);
}

/** Every text of a plan that may have variables in it. */
function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield key;
    yield* textsIn(inner);
  }
}

/** The columns that `%{column}` names. */
function columnsIn(texts: readonly string[]): Set<string> {
  return new Set(texts.flatMap((text) => [...text.matchAll(/%\{([^}]+)\}/g)].map(([, name]) => name as string)));
}

/** A misspelt column would leave its values out without a word. */
function checkColumns(columns: readonly string[], asked: ReadonlySet<string>): void {
  const unread = columns.filter((column) => !known.includes(column) && !asked.has(column));
  const [first] = unread;
  if (first === undefined) return;
  const meant = unread.map((column) => meantBy(column)).find((column) => column !== undefined);
  const names = unread.map((column) => `"${column}"`).join(', ');
  const others = `or use it (%{${first}} in a topic, user name, property or template), or let its name begin with #`;
  throw usage(
    `nothing reads ${unread.length === 1 ? 'the column' : 'the columns'} ${names} of the feeder`,
    meant === undefined
      ? `columns with a meaning are ${known.join(', ')}; leave the others out, ${others}`
      : `did you mean ${meant}? Otherwise leave it out, ${others}`,
  );
}

function meantBy(column: string): string | undefined {
  const plain = column.toLowerCase().replace(/[^a-z0-9]/g, '');
  return ownEntry(otherNames, plain) ?? known.find((name) => name === plain) ?? nearest(plain, known);
}

function checkIds(rows: readonly FeedRow[]): void {
  const ids = new Set<string>();
  const someHave = rows.some(({ id }) => id !== undefined);
  for (const [i, { id }] of rows.entries()) {
    if (!someHave) return;
    if (id === undefined || id === '')
      throw usage(`row ${i + 1} of the feeder has no id`, 'give every row one, or leave the ids of all out');
    if (ids.has(id))
      throw usage(
        `the feeder has the id "${id}" twice`,
        'a broker ends the session of the first when the second connects',
      );
    ids.add(id);
  }
}

/** What each client sends as text, with its row filled in. */
function checkTexts(plan: LoadPlan, rows: readonly FeedRow[], words: FeederWords): void {
  for (const [i, row] of rows.entries()) {
    const refuse = (what: string, text: string, problem: string): never => {
      const shown = shortened(text);
      throw usage(`row ${i + 1} of the feeder: ${what} "${shown}" ${problem}`);
    };
    for (const column of ['id', 'username', 'password'] as const) {
      const problem = textProblem(row[column] ?? '');
      if (problem !== undefined)
        refuse(`the ${column}`, column === 'password' ? '…' : (row[column] as string), problem);
    }
    const client = nameClient(plan, i);
    if ((row.password ?? plan.password) !== undefined && client.username === undefined && plan.mqttVersion !== 5)
      throw usage(
        `row ${i + 1} of the feeder has a password and no user name, which MQTT before 5 does not carry (MQTT-3.1.2-22)`,
        `give the column username, or ${words.username}, or ${words.version5}`,
      );
    if (client.publishes && (ownTopics(plan) === undefined || isMixed(plan))) {
      const topic = publishTopic(plan, client);
      const problem = topicProblem(topic);
      if (problem !== undefined) refuse('the topic', topic, problem);
    }
    for (const filter of client.subscribes ? subscribeTopics(plan, client) : []) {
      const problem = filterProblem(filter);
      if (problem !== undefined && plan.subscribe?.each === undefined) refuse('the filter', filter, problem);
    }
  }
}
