import { ownEntry } from '../../base/own.js';
import { type LoadCommand, publishing } from '../load/options/flags.js';

/** How much of the command line a word takes with it. `truth`: true or false, if it is there. */
export type Takes = 'nothing' | 'value' | 'truth';

/** A word of another tool's command line that is not one of ours, or not in ours' sense. */
export interface PeerWord {
  /** As people type it, e.g. `-im` and `--message-interval`. */
  readonly names: readonly string[];
  readonly of: 'emqtt-bench' | 'MQTTX';
  readonly takes: Takes;
  /** Commands in which it means this; undefined: all that make load. */
  readonly only?: readonly LoadCommand[];
  /** It means this only before such a word; without it the next row of that name is asked. */
  readonly before?: RegExp;
  /** Our words for it; undefined: it is taken and does nothing, and `note` says why that is right. */
  readonly ours?: (value: string) => readonly string[];
  /** Ours as documentation shows it. */
  readonly shown?: string;
  /** What the user should know beside it. */
  readonly note?: string;
  /** It cannot be had: what to type instead. */
  readonly refused?: string;
}

type Rest = Omit<PeerWord, 'names' | 'of' | 'takes'>;
const word = (of: PeerWord['of'], names: string, takes: Takes, rest: Rest): PeerWord => ({
  names: names.split(' '),
  of,
  takes,
  ...rest,
});
/** The same under another name. */
const renamed = (of: PeerWord['of'], names: string, ours: string, rest: Rest = {}): PeerWord =>
  word(of, names, 'value', { ours: (value) => [ours, value], shown: ours, ...rest });
/** Always the same words of ours, whatever its value. */
const fixed = (of: PeerWord['of'], names: string, takes: Takes, ours: string, rest: Rest = {}): PeerWord =>
  word(of, names, takes, { ours: () => ours.split(' '), shown: ours, ...rest });
const ignored = (of: PeerWord['of'], names: string, takes: Takes, note: string): PeerWord =>
  word(of, names, takes, { note });
const refused = (of: PeerWord['of'], names: string, takes: Takes, instead: string, rest: Rest = {}): PeerWord =>
  word(of, names, takes, { refused: instead, ...rest });

const inBench = 'emqtt-bench';
const inX = 'MQTTX';

const emqttBench: readonly PeerWord[] = [
  renamed(inBench, '--version', '-V'),
  word(inBench, '-R --connrate', 'value', { before: /^0$/, ours: () => [], shown: 'leave it out' }),
  word(inBench, '-L --limit', 'value', { before: /^0$/, ours: () => [], shown: 'leave it out' }),
  renamed(inBench, '--interval_of_msg', '--interval-of-msg'),
  refused(
    inBench,
    '--payload_encoding --payload-encoding',
    'value',
    'payloads are sent as they are given: -m TEXT, --template TEXT or --payload-file FILE; --topics-payload FILE has one for each topic',
  ),
  ignored(inBench, '-Q --qoe', 'truth', 'the stages of connecting are always measured'),
  refused(inBench, '--qoelog', 'value', '--json FILE keeps all numbers, --csv FILE those of every second'),
  ignored(
    inBench,
    '--payload-hdrs',
    'value',
    'loss, order and latency are always measured, by the first 20 bytes of the payload or --stamp property',
  ),
  word(inBench, '--restapi', 'value', {
    ours: (value) => (value === 'disabled' ? [] : [`--prometheus=${value}`]),
    shown: '--prometheus <address>',
  }),
  word(inBench, '--log_to', 'value', {
    ours: (value) => (value === 'null' ? ['--quiet'] : []),
    shown: '--quiet for null',
    note: 'progress goes to standard error, the summary to standard output',
  }),
  renamed(inBench, '--load-qst', '--tickets', {
    note: 'the file is mqbench’s own: the first run fills it, the next one resumes (add --resumption early-data for 0-RTT)',
  }),
  ignored(inBench, '--force-major-gc-interval', 'value', 'Node.js collects garbage by itself'),
  ignored(inBench, '--dist', 'truth', 'there is no Erlang node to connect to'),
  ignored(inBench, '--keep-connected', 'truth', 'clients leave once all messages are sent and the --linger is over'),
  refused(inBench, '--quic', 'value', '--quic takes no file; --cc, --streams and --datagrams say how QUIC runs', {
    before: /^(?!.*:\/\/)(.*\/.*|.*\.(eterm|terms?|conf|config|txt|json))$/,
  }),
];

const protocols: Readonly<Record<string, string>> = { mqtt: 'tcp', mqtts: 'tls', ws: 'ws', wss: 'wss', quic: 'quic' };
const transport = (value: string): string[] => ['--transport', ownEntry(protocols, value) ?? value];
/** `name: value`, as MQTTX writes user properties; with "=" they are ours already. */
const property = (names: string, ours: string, only?: readonly LoadCommand[]): PeerWord =>
  renamed(inX, names, ours, { only, ours: (value) => [ours, value.replace(/^([^=:]+):\s*/, '$1=')] });
const prefixed = '--prefix TEXT: ids are that text and the client’s number';

const mqttx: readonly PeerWord[] = [
  renamed(inX, '--hostname', '-h'),
  word(inX, '-l', 'value', { before: /^(mqtts?|wss?|quic)$/, ours: transport, shown: '--transport, or a URL' }),
  ignored(inBench, '-l --lowmem', 'truth', 'clients share what they can anyway'),
  word(inX, '--protocol', 'value', { ours: transport, shown: '--transport, or a URL' }),
  renamed(inX, '-im --message-interval', '-I'),
  refused(inX, '--client-id', 'value', prefixed),
  refused(inX, '-I', 'value', prefixed, { only: ['conn', 'sub'] }),
  refused(inX, '-I', 'value', `as a client id it is ${prefixed}`, { only: publishing, before: /^[A-Za-z_%]/ }),
  fixed(inX, '--no-clean', 'nothing', '-C false'),
  fixed(inX, '-rp --reconnect-period', 'value', '--reconnect 0', { before: /^0$/ }),
  word(inX, '-rp --reconnect-period', 'value', {
    ours: (value) => ['--reconnect', '10', '--reconnect-policy', 'fixed', '--reconnect-first', value],
    shown: '--reconnect <tries> --reconnect-policy fixed --reconnect-first <time>',
    note: '--reconnect says how often clients try, here 10 times',
  }),
  renamed(inX, '--maximum-reconnect-times', '--reconnect'),
  renamed(inX, '-se --session-expiry-interval', '-x'),
  renamed(inX, '--receive-maximum', '--rcv-max'),
  renamed(inX, '-wh --ws-headers', '--ws-header'),
  renamed(inX, '-Wt', '--will-topic'),
  renamed(inX, '-Wm --will-message', '--will-payload'),
  renamed(inX, '-Wq', '--will-qos'),
  fixed(inX, '-Wr', 'nothing', '--will-retain'),
  renamed(inX, '-Wd', '--will-delay-interval'),
  renamed(inX, '-We', '--will-message-expiry-interval'),
  renamed(inX, '-Wct', '--will-content-type'),
  renamed(inX, '-Wrt', '--will-response-topic'),
  renamed(inX, '-Wcd', '--will-correlation-data'),
  fixed(inX, '-Wpf', 'nothing', '--will-payload-format-indicator'),
  property('-Wup --will-user-properties', '--will-user-property'),
  property('-up --user-properties', '--publish-user-property', publishing),
  property('-up --user-properties', '--user-property', ['conn']),
  refused(inX, '-up --user-properties', 'value', 'SUBSCRIBE has none here; --user-property is that of CONNECT', {
    only: ['sub'],
  }),
  property('-Cup --conn-user-properties', '--user-property'),
  word(inX, '-S', 'value', {
    only: publishing,
    before: /^\d+(\.\d+)?\s?[kmg]?i?b?$/i,
    ours: (value) => ['-s', value],
    shown: '-s, --size',
    note: 'before a size it is that of the payload; alone it is TLS, as in emqtt-bench',
  }),
  renamed(inX, '--payload-size', '-s', { only: publishing }),
  renamed(inX, '--file-read', '--payload-file', { only: publishing }),
  refused(
    inX,
    '--split',
    'value',
    '--feeder FILE gives each client its own row, --hook FILE each message its own payload',
  ),
  renamed(inX, '-e', '--message-expiry-interval', { only: publishing }),
  fixed(inX, '-ta', 'value', '--topic-alias', { only: publishing, note: 'mqbench numbers topic aliases by itself' }),
  renamed(inX, '-rt', '--response-topic', { only: publishing }),
  renamed(inX, '-cd', '--correlation-data', { only: publishing }),
  renamed(inX, '-ct', '--content-type', { only: publishing }),
  fixed(inX, '-pf', 'nothing', '--payload-format-indicator', { only: publishing }),
  refused(inX, '-si --subscription-identifier', 'value', 'mqbench gives subscriptions no identifier: leave it out'),
  refused(
    inX,
    '-nl --no_local -rap --retain-as-published',
    'truth',
    'mqbench has no such option of a subscription: leave it out',
  ),
  refused(inX, '-rh --retain-handling', 'value', 'mqbench has no such option of a subscription: leave it out'),
  refused(inX, '-f --format', 'value', '-m TEXT sends text, --payload-file FILE any bytes'),
  ignored(inX, '-d --dup', 'truth', 'mqbench sets DUP when it sends a message again, and never else'),
  ignored(inX, '-v --verbose', 'nothing', 'there is a line of progress every second anyway'),
  ignored(inX, '--debug', 'nothing', 'mqbench has no debug output'),
  refused(inX, '-so --save-options -lo --load-options', 'value', 'keep the command line in a shell script'),
  renamed(inX, '-am --authentication-method', '--auth-method'),
];

/** All of them; which one a name means depends on the command. */
export const peerWords: readonly PeerWord[] = [...emqttBench, ...mqttx];

/** The word that a name is in a command, before what follows; undefined: none, so it is ours or nobody's. */
export function peerWord(name: string, command: LoadCommand, next: string | undefined): PeerWord | undefined {
  return peerWords.find(
    ({ names, only, before }) =>
      names.includes(name) &&
      (only === undefined || only.includes(command)) &&
      (before === undefined || (next !== undefined && before.test(next))),
  );
}
