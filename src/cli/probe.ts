import { Command } from 'commander';
import { exitCodes } from '../base/exit-codes.js';
import { type Finding, type ProbeTarget, silent } from '../probe/check.js';
import { checkTransport, questionsOf } from '../probe/checks.js';
import { isEncrypted, type TransportName, transportNames } from '../transport/contract.js';
import { transportFor } from '../transport/registry.js';
import { defaultPorts, formatBrokerUrl, parseBrokerUrl } from '../transport/url.js';
import type { Environment } from './environment.js';
import { Exit } from './exit.js';
import { readCertificates } from './load/options/tls.js';
import { checkNames } from './load/plan/sources.js';
import { either, list, time, usage } from './options/parsers.js';
import { addOptions, type FlagsOf, rows } from './options/rows.js';
import { giveJson, isPrinted, jsonRow, onlySays } from './options/shared.js';

const examples = `
Examples:
  mqbench probe mqtt://broker                 all of it over TCP, and which other transports answer
  mqbench probe quic://broker --insecure      with 0-RTT and several streams
The probe publishes under a topic of its own, and leaves no retained message and no session behind. Interrupted, it
ends with what it has found until then and exit code 5.`;

const options = rows({
  ca: ['--ca <file>', 'PEM of the CA that the broker is verified against'],
  cert: ['--cert <file>', 'PEM of the client certificate; needs --key'],
  key: ['--key <file>', 'PEM of its key'],
  insecure: ['--insecure', 'do not verify the broker’s certificate'],
  username: ['-u, --username <name>', 'user name'],
  password: ['-P, --password <text>', 'password'],
  timeout: [
    '--timeout <time>',
    'how long each handshake and each answer is waited for; a bare number is s',
    time('s', 1e5),
    5e6,
  ],
  only: [
    '--only [text]',
    `${onlySays('questions', 'QoS or transport')}; without a text: all, over the URL’s own transport only`,
    either,
  ],
  json: jsonRow,
});
type ProbeFlags = FlagsOf<typeof options>;

/** `mqbench probe`: what a broker supports, found out by asking it. */
export function command(env: Environment): Command {
  return addOptions(new Command('probe'), options)
    .argument('<url>', 'mqtt://, mqtts://, ws://, wss:// or quic://')
    .addHelpText('after', examples)
    .action((url: string, flags: ProbeFlags) => probe(env, url, flags));
}

async function probe(env: Environment, text: string, flags: ProbeFlags): Promise<void> {
  const { only, json } = flags;
  const isAsked = (what: string): boolean => typeof only !== 'string' || list(only).some((part) => what.includes(part));
  const url = parseBrokerUrl(text);
  checkFlags(url.transport, flags);
  await checkNames([url.host], 'correct the name or the resolver of this machine, or give an address');
  const tls = { ...readCertificates(env.cwd, flags), verify: flags.insecure !== true };
  const prefix = `mqp-${Date.now().toString(36)}-`; // MQTT 3.1 allows client ids of 23 characters (3.1, CONNECT)
  const interrupt = new AbortController();
  const targetOf = (transport: TransportName, port: number): ProbeTarget => ({
    transport,
    dial: { host: url.host, port, timeoutMs: flags.timeout / 1000, ws: { path: url.path }, tls },
    username: flags.username ?? url.username,
    password: flags.password ?? url.password,
    version: 4,
    prefix,
    signal: interrupt.signal,
    asks: isAsked,
  });
  const own = targetOf(url.transport, url.port);
  const others = transportNames
    .filter((name) => only !== true && name !== url.transport)
    .map((name) => targetOf(name, defaultPorts[name]));
  const findings: Finding[] = [];
  const shown = formatBrokerUrl(url.transport, url.host, url.port);
  const say = (line: string): void => {
    if (!isPrinted(json)) env.stdout.write(`${line}\n`);
  };
  say(shown);
  if (flags.insecure) say('  --insecure: no certificate is checked');
  const stopListening = env.onInterrupt((signal) => interrupt.abort(signal));
  for await (const finding of questions(own, others)) {
    if (interrupt.signal.aborted) break; // whoever was asked then was not let answer
    if (finding.outcome === 'skipped') continue;
    findings.push(finding);
    say(lineOf(finding));
  }
  if (typeof only === 'string' && findings.every(({ what }) => !isAsked(what)))
    say(`No question has a name that contains ${only}: "mqbench probe" without --only shows all names.`);
  for (const name of transportNames) await transportFor(name).close();
  const status = interrupt.signal.aborted ? 'interrupted' : 'finished';
  await giveJson(env, json, { url: shown, status, insecure: flags.insecure === true, findings });
  if (status === 'interrupted') {
    say(`Interrupted: the broker was asked ${findings.length} questions, and not the others.`);
    throw new Exit(exitCodes.interrupted);
  }
  stopListening();
  if (findings[0]?.outcome === 'no') throw new Exit(exitCodes.run);
}

/** @throws MQB_USAGE for what certificates are checked by, where none is shown */
function checkFlags(transport: TransportName, { only, ca, insecure, cert, key }: ProbeFlags): void {
  if ((cert === undefined) !== (key === undefined)) throw usage('--cert and --key belong together');
  if (only !== true || isEncrypted(transport) || (ca ?? cert ?? insecure) === undefined) return;
  throw usage(
    `${insecure ? '--insecure' : cert ? '--cert' : '--ca'} needs tls, wss or quic, and --only asks over ${transport} alone`,
    'leave one of them out, or give a URL like mqtts://host',
  );
}

async function* questions(own: ProbeTarget, others: readonly ProbeTarget[]): AsyncGenerator<Finding> {
  const reached = await checkTransport({ ...own, asks: undefined }); // the others need it
  yield reached;
  for (const other of others) {
    const { hint: _, ...finding } = await checkTransport(other); // nobody said that it should be there
    yield finding;
  }
  if (reached.outcome === 'yes') yield* features(own);
}

/** How long a broker is waited for that has left a question without an answer, milliseconds. */
const shortPatience = 1000;

/** Everything over one transport, one after the other: a broker under test is not to be loaded. */
async function* features(target: ProbeTarget): AsyncGenerator<Finding> {
  let speaks5 = false;
  let timeoutMs = target.dial.timeoutMs;
  for (const ask of questionsOf(target.transport, () => speaks5)) {
    const finding = await ask({ ...target, dial: { ...target.dial, timeoutMs } });
    if (finding.what === 'MQTT 5') speaks5 = finding.outcome !== 'no';
    if (finding.code === silent) timeoutMs = Math.min(timeoutMs, shortPatience);
    yield finding;
  }
}

/** As wide as the longest question, so that each line can be printed as soon as it is known. */
const width = 'acts once on replayed 0-RTT data'.length;

const lineOf = ({ what, outcome, detail, hint, means }: Finding): string =>
  [
    `  ${what.padEnd(width)}  ${outcome.padEnd(3)}  ${detail}`.trimEnd(),
    ...(means === undefined ? [] : [`    for a fleet: ${means}`]),
    ...(hint === undefined ? [] : [`    → ${hint}`]),
  ].join('\n');
