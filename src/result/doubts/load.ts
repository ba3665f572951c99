import type { Doubt } from '../types.js';
import type { DoubtMeaning } from './meaning.js';

/** What became of the load: less than was asked for, not at an end, or paced by its answers. */
export const aboutLoad = {
  'rate-missed': {
    means: 'what was achieved differs from what was offered',
    spoils: 'Latencies: they show a queue that grows as long as the run lasts, so a longer run would show larger ones.',
    remedy: 'Lower the rate below what was achieved; when clients were lost, find out why first.',
  },
  'window-backlog': {
    means: 'what was due in a window and what was completed in it differ',
    spoils:
      'Rates of the window: operations that were completed in it were due before it, or operations that were due in it were completed later.',
    remedy: 'Take longer windows, or leave a gap between them.',
  },
  'closed-loop': {
    means: 'in a closed loop an operation is due when the one before it ends, so waiting is not in the latency',
    spoils:
      'Latencies under load, which look better than a client with a schedule would see: a slow answer delays the next question.',
    remedy: 'Give a rate (-I or --rate) where latency is the question.',
  },
  'slow-readers': {
    means: 'subscribers read more slowly than messages came, because the load asks them to',
    spoils:
      'Deliveries: from when a message was due to when its slow reader took it is mostly the time for which it waited to be read, not that of broker or network. Where the readers publish as well, their acknowledgements wait behind the messages.',
    remedy:
      'None is needed where slow readers are the question. For the latency of deliveries let subscribers read as they can.',
  },
  'not-drained': {
    means: 'operations were not finished when measuring stopped',
    spoils:
      'High percentiles, which can be larger than shown, and the count of missing messages, which can be smaller.',
    remedy: 'Let the run linger for longer, or lower the rate.',
  },
  'clients-missing': {
    means: 'not all clients took part',
    spoils: 'Rates, counts and costs per client: fewer clients did the work than were asked for.',
    remedy: 'See the errors of the cell for why they did not connect.',
  },
  'connections-lost': {
    means: 'connections were lost although no event had disturbed them',
    spoils:
      'Everything after the loss: fewer clients were connected than the numbers assume, and no event of the run had disconnected them.',
    remedy:
      'Find out who ended the connections: look at the errors of the cell and at the logs of broker and balancer.',
  },
  'away-dropped': {
    means: 'the broker dropped messages for sessions whose clients were away',
    spoils:
      'Missing messages and what is said of the promises of QoS 1 and 2: what is missing was lost to the bound of the broker’s queues, not to the path.',
    remedy: 'Lower the rate, or let clients be away for less long; a broker of your own takes --max-queued.',
  },
  'receiver-limits': {
    means: 'the broker dropped messages that their clients could not take',
    spoils:
      'Missing messages and what is said of the promises of QoS 1 and 2: what is missing was lost to the receive maximum or the largest packet that clients named in CONNECT, not to the path.',
    remedy:
      'Let clients acknowledge faster or name a higher receive maximum, or larger packets; a broker of your own takes --max-queued.',
  },
  'broker-dropped': {
    means: 'the broker says that it dropped messages while the cell ran',
    spoils:
      'Missing messages and what is said of the promises of QoS 1 and 2: some were lost to the bounds of the broker, not to the path. Its count holds all of its clients, also those of others.',
    remedy: 'Lower the rate, or raise the bounds of the broker’s queues (mosquitto: max_queued_messages).',
  },
  'other-clock': {
    means: 'messages were stamped by another clock than this machine’s',
    spoils:
      'Latencies from publisher to subscriber: they are of the messages alone that this machine’s clock stamped, and of none when all came from elsewhere. Counts, duplicates and gaps hold all messages.',
    remedy:
      'Run publisher and subscriber on one machine, in one time namespace and with the same version of mqbench; or measure from publish to acknowledgement (publish.ack), which takes one clock.',
  },
  'capacity-unsure': {
    means: 'the search for the highest rate could not confirm what it found',
    spoils:
      'The highest rate that was found: the limit between rates that are held and rates that are missed is not sharp.',
    remedy: 'Take more repeats, or longer trials.',
  },
} as const satisfies Readonly<Record<string, DoubtMeaning>>;

/** @param caution what makes the result of a search unsure */
export const unsureCapacity = (caution: string): Doubt => ({
  code: 'capacity-unsure',
  metric: 'rate.capacity',
  message: caution,
});
