import { filterProblem, topicProblem } from '../base/text/mqtt-text.js';
import { fastest, formatCount } from '../base/units.js';
import { stampBytes } from '../mqtt/stamp/stamp.js';
import { isEncrypted } from '../transport/contract.js';
import { congestionControls } from '../transport/quic/settings.js';
import { headerProblem, pathProblem, type RequestProblem } from '../transport/ws/request.js';
import type { Asked, Door, Problem, Rule, Wrong } from './asked.js';
import { clientsRule } from './clients.js';
import { authenticationRule } from './credentials/authentication.js';
import { jwtRule } from './credentials/jwt.js';
import { pskRule } from './credentials/psk.js';
import { drawnRule } from './distribution.js';
import { largestPayload, longestKeepalive } from './limits.js';
import { mqtt5Rule } from './mqtt5.js';
import { qosMixRule } from './qos-mix.js';
import { readsRule } from './reads.js';
import { reconnectRule } from './reconnect.js';
import { requestRule } from './request.js';
import { stagesProblem } from './stages.js';
import { tlsNamesRule } from './tls.js';

/**
 * Everything that cannot be in what is asked of a load, whichever door it is asked at. A rule that needs a setting which is
 * not there says nothing, so that a part of a load can be checked by itself.
 */
export function check(asked: Asked, door: Door): Problem[] {
  const problems: Problem[] = [];
  const wrong: Wrong = (at, says, text) => problems.push({ at, says, text });
  for (const rule of [
    tls,
    tlsNamesRule,
    sessions,
    quicOnly,
    webSocket,
    request,
    keepalive,
    times,
    reconnectRule,
    mqtt5Rule,
    clientsRule,
    drawnRule,
    qosMixRule,
    readsRule,
    requestRule,
    jwtRule,
    authenticationRule,
    pskRule,
    pace,
    payload,
    topics,
  ])
    rule(asked, door, wrong);
  return problems;
}

const ofTls = ['ca', 'cert', 'key', 'insecure', 'serverName', 'tlsVersion', 'ticketsFile', 'resumption'] as const;

const tls: Rule = (asked, { subject, name }, wrong) => {
  const { transport, tlsVersion, cert, key } = asked;
  if (transport === undefined) return;
  if (!isEncrypted(transport)) {
    for (const at of ofTls.filter((one) => asked[one] && asked[one] !== 'none'))
      wrong(at, `needs tls, wss or quic, and ${subject} uses ${transport}`);
  }
  if (transport === 'quic' && tlsVersion === '1.2')
    wrong('tlsVersion', 'is 1.2, and QUIC has TLS 1.3 and no other (RFC 9001)');
  if (cert !== undefined && key === undefined) wrong('cert', `needs ${name('key')}: they belong together`);
  if (key !== undefined && cert === undefined) wrong('key', `needs ${name('cert')}: they belong together`);
};

const sessions: Rule = ({ transport, resumption, ticketsFile }, { subject, name, use }, wrong) => {
  if (transport === undefined) return;
  if (resumption === 'early-data' && isEncrypted(transport) && transport !== 'quic')
    wrong('resumption', `early-data needs QUIC, and ${subject} uses ${transport}: ${use('quic')}`);
  if (ticketsFile !== undefined && resumption === 'none')
    wrong('ticketsFile', `keeps tickets, and ${name('resumption')} none uses none: leave one out`);
};

const quicOnly: Rule = (asked, { subject, name, use }, wrong) => {
  const {
    transport,
    streams = 'control',
    streamPriorities,
    datagrams,
    qos = [],
    filterQos = [],
    congestionControl,
    topicAlias,
    reads,
  } = asked;
  const levels = [...qos, ...filterQos];
  if (transport === undefined) return;
  if (transport !== 'quic') {
    if (streams !== 'control')
      wrong('streams', `${streams} needs QUIC, and ${transport} has one stream: ${use('quic')}`);
    for (const at of (['datagrams', 'quic'] as const).filter((one) => asked[one]))
      wrong(at, `needs QUIC, and ${subject} uses ${transport}: ${use('quic')}`);
  } else if (congestionControl !== undefined && !congestionControls.some((one) => one === congestionControl)) {
    wrong('congestionControl', `"${congestionControl}" is not one of QUIC: ${congestionControls.join(', ')}`);
  }
  if (streamPriorities !== undefined && streams === 'control')
    wrong('streamPriorities', `is of data streams: say with ${name('streams')} which there are`);
  if (topicAlias && streams !== 'control')
    wrong('topicAlias', `needs the order of one stream, and ${name('streams')} has several: leave one out`);
  if (reads !== undefined && streams !== 'control')
    wrong('reads', `holds up the one stream of a client, and ${name('streams')} has several: leave one out`);
  if (topicAlias && datagrams)
    wrong('topicAlias', `needs its first message to arrive, and ${name('datagrams')} may lose it: leave one out`);
  if (datagrams && levels.length > 0 && !levels.includes(0))
    wrong('datagrams', `carry QoS 0 only, nothing acknowledges them: ${name('qos')} must be 0`);
};

const webSocket: Rule = (asked, { subject }, wrong) => {
  const { transport } = asked;
  if (transport === undefined || transport.startsWith('ws')) return;
  for (const at of ['path', 'headers'] as const)
    if (asked[at] !== undefined) wrong(at, `is of WebSocket, and ${subject} uses ${transport}`);
};

/** What the request that opens a WebSocket cannot hold. */
const request: Rule = ({ transport, path, headers = [] }, _, wrong) => {
  if (transport !== undefined && !transport.startsWith('ws')) return;
  const tell = (at: 'path' | 'headers', text: string, problem: RequestProblem | undefined): void => {
    if (problem !== undefined) wrong(at, `${problem.says}: ${problem.hint}`, text);
  };
  // What follows the path may be a secret.
  if (path !== undefined) tell('path', path.replace(/[?#].*/s, ''), pathProblem(path));
  for (const [name, value] of headers) tell('headers', name, headerProblem(name, value));
  const names = headers.map(([name]) => name.toLowerCase());
  for (const [i, [name]] of headers.entries())
    if (names.indexOf(name.toLowerCase()) < i)
      wrong('headers', `gives "${name}" twice: join both values by a comma in one`);
};

const keepalive: Rule = ({ keepalive: micros, reconnect, limit, qos = [] }, { name }, wrong) => {
  if (micros === undefined) return;
  if (micros % 1e6 !== 0 || micros > longestKeepalive * 1e6)
    wrong(
      'keepalive',
      `is whole seconds, at most ${formatCount(longestKeepalive)}, and 0 for none (MQTT 5.0, 3.1.2.10)`,
    );
  if (micros === 0 && reconnect && limit === undefined && qos.every((level) => level === 0))
    wrong(
      'keepalive',
      `0 means that a client which only waits or sends QoS 0 never notices a dead path, so ${name('reconnect')} could not work: give a time`,
    );
};

const times: Rule = ({ deadAfter, duration, publishers }, _, wrong) => {
  if (deadAfter === 0) wrong('deadAfter', '0 gives every connection up at once: leave it out, or give a time');
  if (duration === 0 && publishers !== undefined)
    wrong('duration', '0 lets nothing be published: leave it out, or give a time');
};

const pace: Rule = ({ rate, interval, stages, publishers = 1 }, { name }, wrong) => {
  if (stages !== undefined) {
    const problem = stagesProblem(stages);
    if (problem !== undefined) wrong('stages', problem);
    for (const other of ['rate', 'interval'] as const)
      if ({ rate, interval }[other] !== undefined) wrong('stages', `have rates of their own: leave ${name(other)} out`);
  }
  if (interval === undefined) return;
  if (rate !== undefined) wrong('interval', `is for each client, ${name('rate')} for all together: give one`);
  else if (interval === 0) wrong('interval', 'must be longer than nothing');
  else if ((publishers * 1e6) / interval > fastest)
    wrong(
      'interval',
      `of ${formatCount(publishers)} clients is more than ${formatCount(fastest)} messages a second, which no machine does`,
    );
};

const payload: Rule = ({ payload: bytes, measured }, { anySize }, wrong) => {
  if (bytes === undefined) return;
  if (bytes > largestPayload)
    wrong('payload', `${bytes} is too much: a packet of MQTT has at most 268,435,455 bytes, headers included (1.5.5)`);
  if (measured && bytes < stampBytes) {
    const orElse = anySize === undefined ? '' : `, or ${anySize}`;
    wrong(
      'payload',
      `${bytes} has no room for the ${stampBytes} bytes by which messages are measured on arrival: at least ${stampBytes}${orElse}`,
    );
  }
};

const topics: Rule = ({ topics: count = 1, topic, filters = [] }, _, wrong) => {
  const ofTopic = topic === undefined ? undefined : topicProblem(topic);
  if (ofTopic !== undefined) wrong('topic', ofTopic, topic);
  for (const filter of filters) {
    const problem = filterProblem(filter);
    if (problem !== undefined) wrong('filters', problem, filter);
  }
  const names = topic === undefined ? filters : [topic];
  if (count > 1 && names.length > 0 && names.every((name) => !name.includes('%t')))
    wrong('topics', `tells topics apart by %t, and "${names.join('", "')}" has none`);
};
