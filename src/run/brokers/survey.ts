import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { spawnMaster } from '../../base/process/child.js';
import type { Finding } from '../../probe/check.js';
import { checkTransport, checkVersion } from '../../probe/checks/connect.js';
import { checkQos } from '../../probe/checks/delivery.js';
import type { OtherBroker } from '../../scenario/brokers/spec.js';
import type { PlannedCell } from '../../scenario/types.js';
import type { TransportName } from '../../transport/contract.js';
import { transportFor } from '../../transport/registry.js';
import { brokerTransport } from '../plan.js';
import { commandBroker } from './command.js';
import { findImage, type Image } from './container/image.js';
import type { CellBroker } from './contract.js';
import { needs, unsupported } from './offers.js';
import { remoteBroker } from './remote.js';
import { askedAs } from './target.js';

/** Why cells cannot be played, by their ids. */
export type Refusals = ReadonlyMap<string, MqbenchError>;

export interface Survey {
  readonly refusals: Refusals;
  /** What brokers run from, by their names. */
  readonly images: ReadonlyMap<string, Image>;
}

/**
 * Asks each broker that nobody has described, once and before the cells, for what they need of it. mqbench's own and presets are
 * known. The questions come from this host, without the lab's network. A broker that cannot even be started is not asked:
 * its cells tell why.
 */
export async function surveyBrokers(
  cells: readonly PlannedCell[],
  { inLab, signal }: { readonly inLab: boolean; readonly signal: AbortSignal },
): Promise<Survey> {
  const { images, refusals } = await surveyImages(cells, inLab);
  for (const group of alike(cells.filter(({ id }) => !refusals.has(id)))) {
    if (signal.aborted) break;
    const answers = await ask(group, signal);
    for (const cell of group.cells) {
      const refusal = answers && refusalOf(group.broker, answers, cell);
      if (refusal) refusals.set(cell.id, refusal);
    }
  }
  return { images, refusals };
}

/** Finds or pulls every image, once and before the cells: to wait for a registry is no part of a cell. */
async function surveyImages(
  cells: readonly PlannedCell[],
  inLab: boolean,
): Promise<{ images: Map<string, Image>; refusals: Map<string, MqbenchError> }> {
  const images = new Map<string, Image>();
  const refusals = new Map<string, MqbenchError>();
  for (const { id, arm } of cells) {
    if (arm.broker?.kind !== 'command' || arm.broker.image === undefined) continue;
    try {
      images.set(arm.broker.name, await findImage(arm.broker.image, inLab));
    } catch (error) {
      if (!(error instanceof MqbenchError)) throw error;
      refusals.set(id, error);
    }
  }
  return { images, refusals };
}

interface Group {
  readonly broker: OtherBroker;
  readonly transport: TransportName;
  readonly cells: readonly PlannedCell[];
}

/** Cells of one arm: one broker and one transport. */
function alike(cells: readonly PlannedCell[]): Group[] {
  const groups = new Map<string, { broker: OtherBroker; transport: TransportName; cells: PlannedCell[] }>();
  for (const cell of cells) {
    const { broker, name } = cell.arm;
    if (broker === undefined || (broker.kind === 'command' && broker.speaks !== undefined)) continue;
    const transport = brokerTransport(cell);
    const offered = broker.kind === 'url' ? broker.addresses[transport] : broker.listens[transport];
    if (offered === undefined) continue; // the cell says so
    const group = groups.get(name) ?? { broker, transport, cells: [] };
    group.cells.push(cell);
    groups.set(name, group);
  }
  return [...groups.values()];
}

interface Answers {
  readonly transport: Finding;
  /** Of the questions that a broker may answer with no, and be right: by what they ask for. */
  readonly others: ReadonlyMap<string, Finding>;
}

/** Undefined: it could not be asked. */
async function ask({ broker, transport, cells }: Group, signal: AbortSignal): Promise<Answers | undefined> {
  const running = await open(broker, transport, signal).catch(() => undefined);
  if (running === undefined) return undefined;
  try {
    const [first] = cells as [PlannedCell];
    const target = askedAs(running, transport, {
      version: first.load.mqttVersion,
      arm: first.arm,
      signal,
    });
    const reached = await checkTransport(target);
    const others = new Map<string, Finding>();
    if (reached.outcome === 'yes') {
      for (const { what, version } of cells.flatMap(needs)) {
        if (others.has(what)) continue;
        const qos = Number(/^QoS ([012])$/.exec(what)?.[1]) as 0 | 1 | 2;
        others.set(what, version === undefined ? await checkQos(target, qos) : await checkVersion(target, version));
      }
    }
    return { transport: reached, others };
  } finally {
    await running.close();
    await transportFor(transport).close();
  }
}

const host = '127.0.0.1';

const open = (broker: OtherBroker, transport: TransportName, signal: AbortSignal): Promise<CellBroker> =>
  broker.kind === 'url'
    ? remoteBroker(broker, transport, false)
    : commandBroker(broker, { transport, host, inLab: false, spawn: spawnMaster, signal });

function refusalOf(broker: OtherBroker, { transport, others }: Answers, cell: PlannedCell): MqbenchError | undefined {
  if (transport.outcome === 'no') {
    const message = `the broker ${broker.name} does not answer over ${brokerTransport(cell)}: ${transport.detail}`;
    return new MqbenchError('MQB_BROKER_SILENT', message, { hint: transport.hint, exitCode: exitCodes.run });
  }
  const missing = needs(cell).find(({ what }) => others.get(what)?.outcome === 'no');
  return (
    missing && unsupported(`the broker ${broker.name} has no ${missing.what}: ${others.get(missing.what)?.detail}`)
  );
}
