import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { Disposer } from '../base/disposer.js';
import { machineError, messageOf, usageError } from '../base/errors.js';
import { makeFolder } from '../base/folder.js';
import { Random } from '../base/numbers/random.js';
import { type LinkBackend, openTunBackend } from './backend.js';
import { type FlowTable, openFlowTable } from './conntrack/flow-table.js';
import type {
  Act,
  Calibration,
  EventProof,
  LabBackend,
  LabEvent,
  LabSpec,
  LinkCounters,
  LinkProfile,
  Place,
} from './contract.js';
import type { OwnStatus } from './control.js';
import type { NatDone, Stage } from './events/kind.js';
import { playEvent } from './events/play.js';
import { Holder } from './holder.js';
import { type Echo, openEcho } from './measure/calibrate.js';
import { kernelHasNetem, NetemBackend } from './netem/netem.js';
import { impairmentText } from './netem/text.js';
import type { LinkReading } from './reading.js';
import { ActWatch, type Facts, fact, runScript } from './scripts.js';
import { checkTools } from './tools.js';
import { openUplink, type Uplink } from './uplink.js';
import { checkProfile } from './validate.js';

/**
 * Makes a lab. On failure nothing of it is left.
 * @throws MQB_LAB_TOOLS (programs are missing), MQB_LAB_RIGHTS (the kernel does not allow it), MQB_LAB_BACKEND
 *   (the backend asked for is not in this kernel), MQB_LAB_UPLINK; all with exit code 3 and what would help
 */
export async function openLab(spec: LabSpec): Promise<OpenLab> {
  checkProfile(spec.profile);
  if (spec.captureTo !== undefined) await checkCapture(spec.captureTo);
  checkTools();
  const disposer = new Disposer();
  try {
    const holder = await Holder.open();
    disposer.add('namespaces', () => holder.close());
    const mtu = spec.profile.mtu ?? 1500;
    const clients = spec.clientAddresses ?? 1;
    const backend = await chooseBackend(holder, spec, mtu);
    disposer.add(`${backend.name} link`, () => backend.close());
    const shape = ['--clients', String(clients), '--mtu', String(mtu), '--link', backend.link];
    const made = await runScript(holder, 'namespaces.sh', ['up', ...shape]);
    await backend.start();
    const shared = spec.nat?.shared ? ['--shared'] : [];
    const [flows] = await Promise.all([
      openFlowTable(holder),
      runScript(holder, 'nat.sh', ['on', '--clients', String(clients), ...shared]),
    ]);
    disposer.add('table of flows', () => flows.close());
    if (spec.nat?.unknownFlows === 'drop') await runScript(holder, 'nat.sh', ['policy', 'drop']);
    const balancer = spec.balancer ? await runScript(holder, 'balancer.sh', ['on']) : undefined;
    const uplink = spec.uplinkTo && (await openUplink(holder, spec.uplinkTo));
    if (uplink) disposer.add('way out', () => uplink.close());
    return new OpenLab(spec, { holder, link: backend, flows, uplink }, { made, balancer }, disposer);
  } catch (error) {
    await disposer.dispose();
    throw error;
  }
}

/** Where nothing can be written is known before anything is built. */
async function checkCapture(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    const message = `cannot write a capture to ${folder}: ${messageOf(error)}`;
    throw usageError('MQB_OUTPUT', message, 'choose a folder you may write to');
  }
}

async function chooseBackend(holder: Holder, spec: LabSpec, mtu: number): Promise<LinkBackend> {
  const { backend, captureTo, profile } = spec;
  // What only our emulator can do asks for it, unless somebody insists on netem: then that is a contradiction.
  const onlyTun = captureTo !== undefined || profile.up.trace || profile.down.trace;
  if (onlyTun && backend === 'netem')
    throw usageError('MQB_LAB_BACKEND', 'a capture or a recorded link needs the backend tun, not netem');
  if (backend === 'tun' || onlyTun) return openTunBackend(holder, spec, mtu);
  if (await kernelHasNetem(holder)) return new NetemBackend(holder, profile, mtu);
  if (backend === undefined) return openTunBackend(holder, spec, mtu);
  throw machineError(
    'MQB_LAB_BACKEND',
    'this kernel has no sch_netem, so the backend netem cannot be used',
    'sudo modprobe sch_netem (on Ubuntu it is in linux-modules-extra), or use the backend tun',
  );
}

/**
 * A network of its own: three namespaces, a damaged link, a NAT. It vanishes with the processes that hold it, also after
 * kill -9.
 */
export class OpenLab {
  readonly backend: LabBackend;
  /** The server's address as clients dial it. */
  readonly serverAddress: string;
  /** IPv6 works where the kernel has it. */
  readonly serverAddress6: string;
  /** Where brokers listen: the server's address, or with a balancer those of the two behind it. IPv4 first. */
  readonly brokerAddresses: readonly string[];
  /** Rejects when the lab dies by itself (holder or emulator killed). */
  readonly failed: Promise<never>;
  /** Not behind the balancer: calibration is about the link. */
  private readonly echoAddress: string;
  private readonly stage: Stage;
  private echo: Promise<Echo> | undefined;
  private closing: Promise<string[]> | undefined;
  /** nat.sh keeps its state in a file: two at once would lose one's changes. */
  private natTurn: Promise<unknown> = Promise.resolve();

  constructor(
    spec: LabSpec,
    private readonly parts: {
      readonly holder: Holder;
      readonly link: LinkBackend;
      readonly flows: FlowTable;
      readonly uplink: Uplink | undefined;
    },
    { made, balancer }: { readonly made: Facts; readonly balancer: Facts | undefined },
    private readonly disposer: Disposer,
  ) {
    const { holder, link, flows, uplink } = parts;
    this.backend = link.name;
    this.echoAddress = fact(made, 'server-address');
    this.serverAddress = fact(balancer ?? made, 'server-address');
    this.serverAddress6 = fact(balancer ?? made, 'server-address6');
    this.brokerAddresses = balancer
      ? [...(balancer.get('broker-address') ?? []), ...(balancer.get('broker-address6') ?? [])]
      : [this.serverAddress, this.serverAddress6];
    this.stage = {
      link,
      profile: spec.profile,
      random: new Random(spec.seed),
      clientAddresses: made.get('client-address') ?? [],
      clientAddresses6: made.get('client-address6') ?? [],
      dark: 0,
      nat: (args) => this.nat(args),
    };
    this.failed = Promise.race([holder.failed, link.failed, flows.failed, ...(uplink ? [uplink.failed] : [])]);
    this.failed.catch(() => {}); // whoever waits for it sees it
  }

  /** Source addresses on the client side. */
  get clientAddresses(): readonly string[] {
    return this.stage.clientAddresses;
  }

  get clientAddresses6(): readonly string[] {
    return this.stage.clientAddresses6;
  }

  /** Process ids of what the lab lives on, as this host counts them. */
  get roles(): { readonly holder: number; readonly emulator?: number | undefined } {
    return { holder: this.parts.holder.pid, emulator: this.parts.link.pid };
  }

  /** Commands and versions for the result's provenance. */
  get description(): Readonly<Record<string, string>> {
    const { holder, link } = this.parts;
    return { backend: this.backend, rootless: String(holder.rootless), ...link.description };
  }

  /** For those who ask from outside the process that holds it. */
  async status(): Promise<OwnStatus> {
    const { holder, link } = this.parts;
    const shown = await runScript(holder, 'nat.sh', ['show']);
    return {
      backend: this.backend,
      holderPid: holder.pid,
      rootless: holder.rootless,
      link: { up: impairmentText(link.profile.up), down: impairmentText(link.profile.down) },
      serverAddresses: [this.serverAddress, this.serverAddress6],
      clientAddresses: this.clientAddresses,
      counters: await this.counters(),
      outer: shown.get('outer') ?? [],
      flows: Number(fact(shown, 'flows')),
    };
  }

  /** Path of the network namespace of a place; only root may enter it from outside. */
  networkOf(place: Place): string {
    return this.parts.holder.networkOf(place);
  }

  /** A process inside; with stdio 'ipc' Node's IPC works. It dies with the lab. */
  spawn(place: Place, command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return this.parts.holder.spawn(place, command, args, options);
  }

  async setProfile(profile: LinkProfile): Promise<void> {
    checkProfile(profile);
    await this.parts.link.setProfile(profile);
  }

  counters(): Promise<LinkCounters> {
    return this.parts.link.counters();
  }

  /** The counters with what was asked meanwhile. Each reading tells of the time since the one before; one reader at a time. */
  reading(): Promise<LinkReading> {
    return this.parts.link.reading();
  }

  async calibrate({ packets = 200, intervalMicros = 2000 } = {}): Promise<Calibration> {
    this.echo ??= openEcho(this.parts.holder, this.echoAddress).then((echo) => {
      this.disposer.add('echo processes', () => echo.close());
      return echo;
    });
    return (await this.echo).measure(packets, intervalMicros);
  }

  /** nat.sh, when those before have ended; the flows it wants forgotten are forgotten by their own process. */
  private nat(args: readonly string[]): Promise<NatDone> {
    const turn = this.natTurn.then(async () => {
      const acts: Act[] = [];
      const watch = new ActWatch();
      const facts = await runScript(this.parts.holder, 'nat.sh', [...args, '--ask'], (line) => {
        watch.hear(line);
        const [word, ...sources] = line.trim().split(' ');
        if (word !== 'forget') return undefined;
        return this.parts.flows.forget(sources[0] === 'all' ? undefined : sources).then((act) => acts.push(act));
      });
      return { facts, acts: watch.saw || acts.length === 0 ? [...acts, watch.act] : acts };
    });
    this.natTurn = turn.catch(() => {});
    return turn;
  }

  /** Makes something happen. @throws MQB_LAB_EVENT when it is impossible */
  event(event: LabEvent): Promise<EventProof> {
    return playEvent(this.stage, event);
  }

  /** Resolves when nothing of it is left. Idempotent. @returns what could not be undone */
  close(): Promise<string[]> {
    this.closing ??= this.disposer.dispose().catch((error) => [messageOf(error)]);
    return this.closing;
  }
}
