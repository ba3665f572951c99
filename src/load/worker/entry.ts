// The process of one load worker. Its methods are the orders of the coordinator; see messages.ts.
import process from 'node:process';
import { type ClockLine, followClock, nowMicros } from '../../base/clock.js';
import { adoptClock } from '../../base/clock-identity.js';
import { codeOf, MqbenchError, messageOf } from '../../base/errors.js';
import { serveRole } from '../../base/process/role.js';
import { processorUse, processUse } from '../../metrics/resources.js';
import type { LoadPlan } from '../../plan/plan.js';
import { loadTransport } from '../../transport/registry.js';
import { readTickets, writeTickets } from '../../transport/tickets.js';
import { Dialer } from '../client/dialer.js';
import { type Hook, hookError, lineIn, loadHook } from '../hook/hook.js';
import { watchHook } from '../hook/watch.js';
import type { CollectOrder, Connected, CutOrder, EventTime, FatalEvent, StartOrder } from '../messages.js';
import { openFineWait } from '../pace/fine-wait.js';
import { Loop } from './loop.js';
import { booksOf, workerReport } from './report.js';
import { warmUp } from './warm-up.js';
import { Worker } from './worker.js';

/** From the order to start on. */
interface Running {
  readonly order: StartOrder;
  readonly worker: Worker;
  readonly loop: Loop;
  readonly dialer: Dialer;
}

let started: Running | undefined;
let boundaryLate = 0;

function running(): Running {
  if (started === undefined) throw new MqbenchError('MQB_ROLE_METHOD', 'not started yet');
  return started;
}

/** What the coordinator may ask; each with its one parameter. */
const orders = {
  /** On an agent: times are those of the coordinator's machine. Before anything else, and again as that is known better. */
  follow({ identity, line }: { identity: number; line: ClockLine }) {
    adoptClock(identity);
    followClock(line);
  },
  async start(order: StartOrder) {
    const wait = await openFineWait();
    const { plan, epochMicros } = order;
    await loadTransport(plan.target.transport);
    const dialer = new Dialer(plan);
    const onFatal = (error: unknown): void => emit('fatal', fatalOf(error));
    const worker = new Worker(order, dialer, nowMicros, { hook: await hookOf(plan), onFatal });
    const { ticketsFile } = plan.target;
    if (ticketsFile !== undefined) {
      for (const [key, ticket] of readTickets(ticketsFile, ownKeys(worker, dialer))) dialer.tickets.set(key, ticket);
    }
    const loop = new Loop(worker, epochMicros, (event) => emit('progress', event), wait);
    started = { order, worker, loop, dialer };
  },
  /** Answers with how many warm-up clients connected. */
  warmUp({ clients }: { clients: number }) {
    const { order, dialer } = running();
    return warmUp(order, dialer, clients);
  },
  async connect({ atMicros, deadlineMicros }: { atMicros: number; deadlineMicros: number }): Promise<Connected> {
    const { worker, loop } = running();
    loop.connect(atMicros);
    const isLater = worker.plan.clientStages !== undefined;
    if (!isLater) await worker.whenSettled((deadlineMicros - nowMicros()) / 1000);
    loop.connected();
    const { everUp } = worker.books;
    return { connected: everUp, failed: isLater ? 0 : worker.clients.length - everUp };
  },
  startPublishing: (at: { atMicros: number; lengthMicros: number | undefined }) =>
    running().loop.startPublishing(at.atMicros, at.lengthMicros),
  stopPublishing: ({ atMicros }: { atMicros: number }) => running().loop.stopPublishing(atMicros),
  boundary({ name, atMicros }: { name: string | null; atMicros: number }) {
    const late = running().worker.books.recorder.boundary(name, atMicros, nowMicros());
    boundaryLate = Math.max(boundaryLate, late);
  },
  mark: ({ name }: { name: string }) => running().worker.events.mark(name),
  happened: ({ name, when }: { name: string; when: EventTime }) => running().worker.events.happened(name, when),
  /** Answers with how many clients were asked. */
  ask: () => running().worker.events.ask(),
  outcomes: () => running().worker.events.report(),
  cut: (order: CutOrder) => running().loop.cut(order),
  moveTo: (host: { localAddresses: readonly string[] }) => running().worker.moveTo(host.localAddresses),
  standing: () => running().worker.standing(),
  books: () => booksOf(running().worker),
  collect(order: CollectOrder) {
    const { worker, loop, dialer } = running();
    loop.watch.end();
    loop.emitStep(); // the timeline comes to the same as the totals
    const more = { use: processUse(), boundaryLateMicros: boundaryLate, addresses: dialer.addresses.used() };
    return workerReport(worker, loop.watch, order, more);
  },
  use: () => processUse(),
  processorUse,
  async stop({ politely }: { politely: boolean }) {
    await started?.loop.stop(politely);
    await started?.dialer.close();
  },
  /** After stop: the tickets of this worker's clients as a file of their own. */
  saveTickets({ file }: { file: string }) {
    const { worker, dialer } = running();
    const own = ownKeys(worker, dialer);
    writeTickets(file, new Map([...dialer.tickets].filter(([key]) => own.has(key))));
  },
};
export type WorkerOrders = typeof orders;

const emit = serveRole(orders, () => started?.loop.stop(false));

async function hookOf({ publish }: LoadPlan): Promise<Hook | undefined> {
  return publish?.payload.kind === 'hook' ? openHook(publish.payload.file, publish.payload.timeoutMicros) : undefined;
}

/** So many calls deep the line of a hook is found that calls something. */
const stackDepth = 50;

/** A hook, in whose code `process.exit` and a loop without an end are told, and not the silent end of this process. */
async function openHook(path: string, timeoutMicros: number): Promise<Hook> {
  const { exit } = process;
  Error.stackTraceLimit = stackDepth;
  process.exit = (code) => {
    const line = lineIn(path, String(new Error().stack));
    if (line === undefined) return exit.call(process, code);
    const error = hookError(`the hook ${path}:${line} called process.exit`, {
      hint: 'it makes messages; a run ends by --duration, --limit or Ctrl-C',
    });
    emit('fatal', fatalOf(error));
    throw error;
  };
  await watchHook(path, timeoutMicros, (place) => emit('hookStalled', place));
  emit('loadingHook', null);
  return loadHook(path, timeoutMicros);
}

function fatalOf(error: unknown): FatalEvent {
  const { hint, exitCode } = error instanceof MqbenchError ? error : {};
  return { code: codeOf(error), message: messageOf(error), hint, exitCode };
}

/** Without those of the warm-up clients. */
function ownKeys({ clients }: Worker, dialer: Dialer): Set<string> {
  return new Set(clients.map(({ name }) => dialer.ticketKey(name)));
}
