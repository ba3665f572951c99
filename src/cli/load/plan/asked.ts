import { ownEntry } from '../../../base/own.js';
import { shortened } from '../../../base/text/shortened.js';
import type { Asked, Door, Problem, Setting } from '../../../plan/asked.js';
import { check } from '../../../plan/check.js';
import { levelsOfMix } from '../../../plan/qos-mix.js';
import type { TransportName } from '../../../transport/contract.js';
import { parseQuicSettings } from '../../../transport/quic/settings.js';
import { optionNames } from '../../options/rows.js';
import type { LoadCommand, LoadFlags } from '../options/flags.js';
import { loadOptions } from '../options/options.js';
import { headerOf } from './input.js';

/** Options that are not called as the settings that they ask for. */
const otherNames = {
  tlsVersion: 'sslVersion',
  ticketsFile: 'tickets',
  congestionControl: 'cc',
  streamPriorities: 'streamPriority',
  quic: 'quicSet',
  ca: 'cacertfile',
  cert: 'certfile',
  key: 'keyfile',
  serverName: 'servername',
  signatureAlgorithms: 'signatureAlgs',
  groups: 'keyexAlgs',
  headers: 'wsHeader',
  receiveMaximum: 'rcvMax',
  userProperties: 'userProperty',
  messageExpiry: 'messageExpiryInterval',
  publishUserProperties: 'publishUserProperty',
  requestResponseInformation: 'reqResponseInfo',
  requestProblemInformation: 'reqProblemInfo',
  willDelay: 'willDelayInterval',
  willExpiry: 'willMessageExpiryInterval',
  willUserProperties: 'willUserProperty',
  jwtClaims: 'jwtClaim',
  clients: 'count',
  filters: 'topic',
  filterQos: 'qos',
  payload: 'size',
  interval: 'intervalOfMsg',
} as const satisfies Partial<Record<Setting, keyof LoadFlags>>;

/** As people write it: its letter, or all its names where it has none. */
function nameOf(setting: Setting): string {
  const key = ownEntry(otherNames, setting) ?? (setting as keyof LoadFlags);
  const names = optionNames(loadOptions[key].flags);
  return /^-\w(?=,)/.exec(names)?.[0] ?? names;
}

const door: Door = {
  subject: 'this run',
  name: nameOf,
  use: (transport) => `add --${transport}`,
  anySize: '-V 5 --stamp property',
};

/** Everything that cannot be in what the flags ask for, each as a sentence. */
export function planProblems(command: LoadCommand, transport: TransportName, flags: LoadFlags): string[] {
  const settings = parseQuicSettings(flags.quicSet ?? []).mistakes.map((says) => ({ at: 'quic' as const, says }));
  const problems: Problem[] = [...check(askedOf(command, transport, flags), door), ...settings];
  return problems.map(({ at, says, text }) => `${nameOf(at)}${text ? ` "${shortened(text)}"` : ''} ${says}`);
}

function askedOf(command: LoadCommand, transport: TransportName, flags: LoadFlags): Asked {
  const publishes = command === 'pub' || command === 'pubsub';
  const { topic: named = [], message, payloadFile, template, hook, topicsPayload } = flags;
  const own = (message ?? payloadFile ?? template ?? hook ?? topicsPayload) === undefined;
  return {
    ...flags,
    ...Object.fromEntries(Object.entries(otherNames).map(([setting, key]) => [setting, flags[key]])),
    transport,
    headers: flags.wsHeader?.map(headerOf),
    quic: flags.quicSet, // --quic asks for the transport
    requestProblemInformation: flags.reqProblemInfo === false ? false : undefined, // true is what it is anyway
    reconnect: flags.reconnect > 0,
    qos: publishes ? (flags.qosMix ? levelsOfMix(flags.qosMix) : [flags.qos]) : undefined,
    filterQos: command === 'sub' || command === 'pubsub' ? [flags.qos] : undefined,
    topic: publishes ? named[0] : undefined,
    filters: command === 'sub' ? named : undefined,
    publishers: publishes ? (command === 'pubsub' ? flags.pubs : flags.count) : undefined,
    payload: publishes && own && flags.sizes === undefined ? flags.size : undefined,
    subscribersApart: command === 'sub' || (command === 'pubsub' && flags.pattern !== 'own'),
    closedLoop: flags.closedLoop === true,
    fed: flags.feeder !== undefined,
    measured: command === 'pubsub' && flags.stamp !== 'property',
  };
}
