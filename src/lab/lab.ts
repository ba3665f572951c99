import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { nowMicros } from '../base/clock.js';
import { Disposer } from '../base/disposer.js';
import { MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { type LinkBackend, openTunBackend } from './backend.js';
import { Echo } from './calibrate.js';
import type {
  Calibration,
  Lab,
  LabBackend,
  LabSpec,
  LinkCounters,
  LinkProfile,
  Place,
  RebindProof,
} from './contract.js';
import { Holder } from './holder.js';
import { kernelHasNetem, openNetemBackend } from './netem.js';
import { type Facts, fact, runScript } from './scripts.js';
import { checkTools } from './tools.js';
import { checkProfile } from './validate.js';

/**
 * Makes a lab. On failure nothing of it is left.
 * @throws MQB_LAB_TOOLS (programs are missing), MQB_LAB_RIGHTS (the kernel does not allow it), MQB_LAB_BACKEND
 *   (the backend asked for is not in this kernel); all with exit code 3 and what would help
 */
export async function openLab(spec: LabSpec): Promise<Lab> {
  checkProfile(spec.profile);
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
    await runScript(holder, 'nat.sh', ['on', '--clients', String(clients)]);
    return new OpenLab(holder, backend, facts, disposer);
  } catch (error) {
    await disposer.dispose();
    throw error;
  }
}

async function chooseBackend(holder: Holder, spec: LabSpec, mtu: number): Promise<LinkBackend> {
  const netem = spec.backend === 'tun' ? false : await kernelHasNetem(holder);
  if (netem) return openNetemBackend(holder, spec.profile, mtu);
  if (spec.backend === 'netem') {
    throw new MqbenchError('MQB_LAB_BACKEND', 'this kernel has no sch_netem, so the backend netem cannot be used', {
      exitCode: exitCodes.machine,
      hint: 'sudo modprobe sch_netem (on Ubuntu it is in linux-modules-extra), or use the backend tun',
    });
  }
  return openTunBackend(holder, spec.profile, spec.seed, mtu);
}

class OpenLab implements Lab {
  readonly backend: LabBackend;
  readonly serverAddress: string;
  readonly clientAddresses: readonly string[];
  readonly failed: Promise<never>;
  private echo: Promise<Echo> | undefined;
  private closing: Promise<string[]> | undefined;

  constructor(
    private readonly holder: Holder,
    private readonly link: LinkBackend,
    facts: Facts,
    private readonly disposer: Disposer,
  ) {
    this.backend = link.name;
    this.serverAddress = fact(facts, 'server-address');
    this.clientAddresses = facts.get('client-address') ?? [];
    this.failed = Promise.race([holder.failed, link.failed]);
    this.failed.catch(() => {}); // whoever waits for it sees it
  }

  /** Process ids of what the lab lives on, as this host counts them; for `lab status` and for tests that kill them. */
  get roles(): { readonly holder: number; readonly emulator?: number | undefined } {
    return { holder: this.holder.pid, emulator: this.link.pid };
  }

  get description(): Readonly<Record<string, string>> {
    return { backend: this.backend };
  }

  spawn(place: Place, command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return this.holder.spawn(place, command, args, options);
  }

  async setProfile(profile: LinkProfile): Promise<void> {
    checkProfile(profile);
    return this.link.setProfile(profile);
  }

  counters(): Promise<LinkCounters> {
    return this.link.counters();
  }

  async calibrate(options: { packets?: number; intervalMicros?: number } = {}): Promise<Calibration> {
    this.echo ??= Echo.open(this.holder, this.serverAddress).then((echo) => {
      this.disposer.add('echo processes', () => echo.close());
      return echo;
    });
    return (await this.echo).measure(options.packets ?? 200, options.intervalMicros ?? 2000);
  }

  async rebind(): Promise<RebindProof> {
    const facts = await runScript(this.holder, 'nat.sh', ['rebind']);
    return {
      atMicros: nowMicros(),
      outerBefore: outerAddresses(facts, 'before'),
      outerAfter: outerAddresses(facts, 'after'),
      conntrackBefore: Number(fact(facts, 'flows-before')),
      conntrackAfter: Number(fact(facts, 'flows-after')),
    };
  }

  close(): Promise<string[]> {
    this.closing ??= this.disposer.dispose().catch((error) => [messageOf(error)]);
    return this.closing;
  }
}

/** Of lines "before 10.71.1.1 198.19.0.1:1024-32999": the outer addresses in the order of the clients. */
function outerAddresses(facts: Facts, name: string): string[] {
  return (facts.get(name) ?? []).map((line) => line.replace(/^\S+ ([^:]+):.*$/, '$1'));
}
