import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { Disposer } from '../base/disposer.js';
import { MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { makeFolder } from '../base/folder.js';
import { Random } from '../base/random.js';
import { type LinkBackend, openTunBackend } from './backend.js';
import { FlowTable } from './conntrack/flow-table.js';
import type {
  Act,
  Calibration,
  EventProof,
  Lab,
  LabBackend,
  LabEvent,
  LabSpec,
  LinkCounters,
  LinkProfile,
  Place,
} from './contract.js';
import type { LabStatus } from './control.js';
import { ActWatch } from './events/act-watch.js';
import type { NatDone, Stage } from './events/kind.js';
import { playEvent } from './events/play.js';
import { Holder } from './holder.js';
import { Echo } from './measure/calibrate.js';
import { kernelHasNetem, openNetemBackend } from './netem/netem.js';
import { impairmentText } from './netem/text.js';
import type { LinkReading } from './reading.js';
import { type Facts, fact, runScript } from './scripts.js';
import { checkTools } from './tools.js';
import { checkProfile } from './validate.js';

/**
 * Makes a lab. On failure nothing of it is left.
 * @throws MQB_LAB_TOOLS (programs are missing), MQB_LAB_RIGHTS (the kernel does not allow it), MQB_LAB_BACKEND
 *   (the backend asked for is not in this kernel); all with exit code 3 and what would help
 */
export async function openLab(spec: LabSpec): Promise<OpenLab> {
  checkProfile(spec.profile);
  if (spec.captureTo !== undefined) await checkCapture(spec.captureTo);
  await checkTools();
  const disposer = new Disposer();
  try {
    const holder = await Holder.open();
    disposer.add('namespaces', () => holder.close());
    const mtu = spec.profile.mtu ?? 1500;
    const clients = spec.clientAddresses ?? 1;
    const backend = await chooseBackend(holder, spec, mtu);
    disposer.add(`${backend.name} link`, () => backend.close());
    const facts = await runScript(holder, 'namespaces.sh', [
      ...['up', '--clients', String(clients), '--mtu', String(mtu), '--link', backend.link],
    ]);
    await backend.start();
    const shared = spec.nat?.shared ? ['--shared'] : [];
    const [flows] = await Promise.all([
      FlowTable.open(holder),
      runScript(holder, 'nat.sh', ['on', '--clients', String(clients), ...shared]),
    ]);
    disposer.add('table of flows', () => flows.close());
    if (spec.nat?.unknownFlows === 'drop') await runScript(holder, 'nat.sh', ['policy', 'drop']);
    const balancer = spec.balancer ? await runScript(holder, 'balancer.sh', ['on']) : undefined;
    return new OpenLab(spec, { holder, link: backend, flows }, { made: facts, balancer }, disposer);
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
    throw new MqbenchError('MQB_OUTPUT', `cannot write a capture to ${folder}: ${messageOf(error)}`, {
      exitCode: exitCodes.usage,
      hint: 'choose a folder you may write to',
    });
  }
}

async function chooseBackend(holder: Holder, spec: LabSpec, mtu: number): Promise<LinkBackend> {
  // What only our emulator can do asks for it, unless somebody insists on netem: then that is a contradiction.
  const onlyTun = spec.captureTo !== undefined || spec.profile.up.trace || spec.profile.down.trace;
  if (onlyTun && spec.backend === 'netem') {
    throw new MqbenchError('MQB_LAB_BACKEND', 'a capture or a recorded link needs the backend tun, not netem', {
      exitCode: exitCodes.usage,
    });
  }
  const netem = spec.backend === 'tun' || onlyTun ? false : await kernelHasNetem(holder);
  if (netem) return openNetemBackend(holder, spec.profile, mtu);
  if (spec.backend === 'netem') {
    throw new MqbenchError('MQB_LAB_BACKEND', 'this kernel has no sch_netem, so the backend netem cannot be used', {
      exitCode: exitCodes.machine,
      hint: 'sudo modprobe sch_netem (on Ubuntu it is in linux-modules-extra), or use the backend tun',
    });
  }
  return openTunBackend(holder, spec, mtu);
}

/** {@link Lab}, with what only its holder can tell. */
export class OpenLab implements Lab {
  readonly backend: LabBackend;
  readonly serverAddress: string;
  readonly serverAddress6: string;
  readonly brokerAddresses: readonly string[];
  readonly failed: Promise<never>;
  /** Not behind the balancer: calibration is about the link. */
  private readonly echoAddress: string;
  private readonly stage: Stage;
  private echo: Promise<Echo> | undefined;
  private closing: Promise<string[]> | undefined;
  private readonly holder: Holder;
  private readonly link: LinkBackend;
  private readonly flows: FlowTable;
  /** nat.sh keeps its state in a file: two at once would lose one's changes. */
  private natTurn: Promise<unknown> = Promise.resolve();

  constructor(
    spec: LabSpec,
    { holder, link, flows }: { readonly holder: Holder; readonly link: LinkBackend; readonly flows: FlowTable },
    facts: { readonly made: Facts; readonly balancer: Facts | undefined },
    private readonly disposer: Disposer,
  ) {
    const { made, balancer } = facts;
    this.holder = holder;
    this.link = link;
    this.flows = flows;
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
    this.failed = Promise.race([holder.failed, link.failed, flows.failed]);
    this.failed.catch(() => {}); // whoever waits for it sees it
  }

  get clientAddresses(): readonly string[] {
    return this.stage.clientAddresses;
  }

  get clientAddresses6(): readonly string[] {
    return this.stage.clientAddresses6;
  }

  /** Process ids of what the lab lives on, as this host counts them; for `lab status` and for tests that kill them. */
  get roles(): { readonly holder: number; readonly emulator?: number | undefined } {
    return { holder: this.holder.pid, emulator: this.link.pid };
  }

  get description(): Readonly<Record<string, string>> {
    return { backend: this.backend, rootless: String(this.holder.rootless), ...this.link.description };
  }

  async status(): Promise<Omit<LabStatus, 'name' | 'ownerPid' | 'upSince'>> {
    const shown = await runScript(this.holder, 'nat.sh', ['show']);
    return {
      backend: this.backend,
      holderPid: this.holder.pid,
      rootless: this.holder.rootless,
      link: { up: impairmentText(this.link.profile.up), down: impairmentText(this.link.profile.down) },
      serverAddresses: [this.serverAddress, this.serverAddress6],
      clientAddresses: this.clientAddresses,
      counters: await this.counters(),
      outer: shown.get('outer') ?? [],
      flows: Number(fact(shown, 'flows')),
    };
  }

  spawn(place: Place, command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return this.holder.spawn(place, command, args, options);
  }

  async setProfile(profile: LinkProfile): Promise<void> {
    checkProfile(profile);
    await this.link.setProfile(profile);
  }

  counters(): Promise<LinkCounters> {
    return this.link.counters();
  }

  reading(): Promise<LinkReading> {
    return this.link.reading();
  }

  async calibrate(options: { packets?: number; intervalMicros?: number } = {}): Promise<Calibration> {
    this.echo ??= Echo.open(this.holder, this.echoAddress).then((echo) => {
      this.disposer.add('echo processes', () => echo.close());
      return echo;
    });
    return (await this.echo).measure(options.packets ?? 200, options.intervalMicros ?? 2000);
  }

  /** nat.sh, when those before have ended; the flows it wants forgotten are forgotten by their own process. */
  private nat(args: readonly string[]): Promise<NatDone> {
    const turn = this.natTurn.then(async () => {
      const acts: Act[] = [];
      const watch = new ActWatch();
      const facts = await runScript(this.holder, 'nat.sh', [...args, '--ask'], (line) => {
        watch.hear(line);
        const [word, ...sources] = line.trim().split(' ');
        if (word !== 'forget') return undefined;
        return this.flows.forget(sources[0] === 'all' ? undefined : sources).then((act) => void acts.push(act));
      });
      return { facts, acts: watch.saw || acts.length === 0 ? [...acts, watch.act] : acts };
    });
    this.natTurn = turn.catch(() => {});
    return turn;
  }

  event(event: LabEvent): Promise<EventProof> {
    return playEvent(this.stage, event);
  }

  close(): Promise<string[]> {
    this.closing ??= this.disposer.dispose().catch((error) => [messageOf(error)]);
    return this.closing;
  }
}
