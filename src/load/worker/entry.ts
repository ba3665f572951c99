// The process of one load worker. Its methods are the orders of the coordinator; see messages.ts.
import process from 'node:process';
import { nowMicros } from '../../base/clock.js';
import { codeOf, MqbenchError, messageOf } from '../../base/errors.js';
import { serveRole } from '../../base/process/role.js';
import { type ProcessUse, processorUse, processUse } from '../../metrics/resources.js';
import type { LoadPlan } from '../../plan/plan.js';
import { readTickets, writeTickets } from '../../transport/tickets.js';
import { Dialer } from '../client/dialer.js';
import { type Hook, hookError, lineIn, loadHook } from '../hook/hook.js';
import { watchHook } from '../hook/watch.js';
import type {
  BoundaryOrder,
  CollectOrder,
  Connected,
  CutOrder,
  EventReport,
  EventTime,
  FatalEvent,
  PublishedBooks,
  Standing,
  StartOrder,
  WorkerReport,
} from '../messages.js';
import { openFineWait } from '../pace/fine-wait.js';
import { Loop } from './loop.js';
import { booksOf, workerReport } from './report.js';
import { warmUp } from './warm-up.js';
import { Worker } from './worker.js';

let worker: Worker | undefined;
let loop: Loop | undefined;
let startOrder: StartOrder | undefined;
let boundaryLate = 0;

function running(): { worker: Worker; loop: Loop } {
  if (worker === undefined || loop === undefined) throw new MqbenchError('MQB_ROLE_METHOD', 'not started yet');
  return { worker, loop };
}

const emit = serveRole(
  {
    async start(order: StartOrder) {
      const wait = await openFineWait();
      startOrder = order;
      const dialer = new Dialer(order.plan);
      worker = new Worker(order, dialer, nowMicros, await hookOf(order.plan));
      worker.onFatal = (error) => emit('fatal', fatalOf(error));
      const { ticketsFile } = order.plan.target;
      if (ticketsFile !== undefined) {
        for (const [key, ticket] of readTickets(ticketsFile, ownKeys(worker))) dialer.tickets.set(key, ticket);
      }
      loop = new Loop(worker, order.epochMicros, (event) => emit('progress', event), wait);
    },
    /** Answers with how many warm-up clients connected. */
    async warmUp(order: { clients: number }): Promise<number> {
      return startOrder === undefined ? 0 : warmUp(startOrder, running().worker.dialer, order.clients);
    },
    async connect(order: { atMicros: number; deadlineMicros: number }): Promise<Connected> {
      const { worker, loop } = running();
      loop.connect(order.atMicros);
      await worker.whenSettled((order.deadlineMicros - nowMicros()) / 1000);
      loop.connected();
      return { connected: worker.everUp, failed: worker.clients.length - worker.everUp };
    },
    startPublishing(order: { atMicros: number; lengthMicros?: number }) {
      running().loop.startPublishing(order.atMicros, order.lengthMicros);
    },
    stopPublishing(order: { atMicros: number }) {
      running().loop.stopPublishing(order.atMicros);
    },
    boundary(order: BoundaryOrder) {
      const late = running().worker.recorder.boundary(order.name, order.atMicros, nowMicros());
      boundaryLate = Math.max(boundaryLate, late);
    },
    mark(order: { name: string }) {
      running().worker.events.mark(order.name);
    },
    happened(order: { name: string; when: EventTime }) {
      running().worker.events.happened(order.name, order.when);
    },
    /** @returns how many clients were asked */
    ask: (): number => running().worker.events.ask(),
    outcomes: (): EventReport[] => running().worker.events.report(),
    cut(order: CutOrder) {
      running().loop.cut(order);
    },
    moveTo(order: { localAddresses: readonly string[] }) {
      running().worker.moveTo(order.localAddresses);
    },
    standing(): Standing {
      return running().worker.standing();
    },
    books: (): PublishedBooks => booksOf(running().worker),
    collect(order: CollectOrder): WorkerReport {
      const { worker, loop } = running();
      loop.watch.end();
      loop.emitStep(); // the timeline comes to the same as the totals
      return workerReport(worker, loop.watch, order, {
        use: processUse(),
        boundaryLateMicros: boundaryLate,
      });
    },
    use: (): ProcessUse => processUse(),
    processorUse,
    async stop(order: { politely: boolean }) {
      await loop?.stop(order.politely);
      await worker?.dialer.close();
    },
    /** After stop: the tickets of this worker's clients as a file of their own. */
    saveTickets(order: { file: string }) {
      const { worker } = running();
      const own = ownKeys(worker);
      writeTickets(order.file, new Map([...worker.dialer.tickets].filter(([key]) => own.has(key))));
    },
  },
  () => loop?.stop(false),
);

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
  await watchHook({ path, timeoutMicros, tell: (place) => emit('hookStalled', place) });
  emit('loadingHook', null);
  return loadHook(path, timeoutMicros);
}

function fatalOf(error: unknown): FatalEvent {
  const { hint, exitCode } = error instanceof MqbenchError ? error : {};
  return { code: codeOf(error), message: messageOf(error), hint, exitCode };
}

/** Without those of the warm-up clients. */
function ownKeys({ clients, dialer }: Worker): Set<string> {
  return new Set(clients.map(({ name }) => dialer.ticketKey(name)));
}
