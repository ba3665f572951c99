import { getuid } from 'node:process';
import { type MqbenchError, machineError, messageOf } from '../../../base/errors.js';
import { run } from '../../../base/process/child.js';
import {
  type ContainerRuntime,
  type ContainerRuntimes,
  findContainerRuntimes,
  lastLine,
} from '../../../base/process/container-runtimes.js';
import { removeOrphans } from './orphans.js';

/** An image that a runtime of this machine has. */
export interface Image {
  /** As it was asked for. */
  readonly name: string;
  readonly runtime: ContainerRuntime;
  /** What was in it, whatever its tag will mean later: `sha256:…` of its configuration. */
  readonly id: string;
}

const found = new Map<string, Promise<Image>>();
let runtimes: Promise<ContainerRuntimes> | undefined;

/** A slow line and a large image. */
const longestPullMillis = 15 * 60_000;

/**
 * Looks for an image, and pulls it where no runtime has it; asked again, it gives the same answer, so that all cells of a process
 * have the same image.
 * @param inLab it is to run in the network of a lab, which only podman, as root, can do
 * @throws MQB_IMAGE when there is no runtime for it, or no such image
 */
export function findImage(name: string, inLab: boolean): Promise<Image> {
  const key = `${inLab} ${name}`;
  const known = found.get(key) ?? look(name, inLab);
  found.set(key, known);
  return known;
}

async function look(name: string, inLab: boolean): Promise<Image> {
  runtimes ??= prepareRuntimes();
  const { usable, refused } = await runtimes;
  if (usable.length === 0) {
    const why = refused.length === 0 ? 'neither podman nor docker is installed' : refused.join('; ');
    throw imageError(
      `the image ${name} cannot be run: ${why}`,
      'apt-get install podman, or start the daemon of docker',
    );
  }
  const holders: Image[] = [];
  for (const runtime of usable) {
    const id = await idOf(runtime, name);
    if (id !== undefined) holders.push({ name, runtime, id });
  }
  const able = inLab ? usable.filter((one) => one.name === 'podman') : usable;
  const held = holders.find(({ runtime }) => able.includes(runtime));
  if (inLab) refuseInLab(name, able, holders, held);
  return held ?? pull(able[0] as ContainerRuntime, name);
}

/** Those that this machine has; what earlier runs had to leave behind is removed. */
async function prepareRuntimes(): Promise<ContainerRuntimes> {
  const all = await findContainerRuntimes();
  await Promise.all(all.usable.map(({ name }) => removeOrphans(name)));
  return all;
}

/** The daemon of docker makes the network of a container itself, and an ordinary user's podman may not enter the lab's. */
function refuseInLab(
  name: string,
  able: readonly ContainerRuntime[],
  holders: readonly Image[],
  held: Image | undefined,
): void {
  const what = `the image ${name} cannot run in the lab's network`;
  if (able.length === 0)
    throw imageError(
      `${what}: docker cannot put a container there`,
      `install podman, and give it the image: docker save ${name} | sudo podman load; or network: none`,
    );
  if (getuid?.() !== 0)
    throw imageError(
      `${what}: podman may enter it as root only`,
      `run mqbench as root, who has images of their own: podman save ${name} | sudo podman load; or network: none`,
    );
  if (held === undefined && holders.length > 0)
    throw imageError(
      `${what}: docker has it, and cannot put a container there; podman has not`,
      `give it to podman: docker save ${name} | podman load; or network: none`,
    );
}

async function pull(runtime: ContainerRuntime, name: string): Promise<Image> {
  const full = qualified(name);
  try {
    await run(runtime.name, ['pull', '--quiet', full], { timeoutMs: longestPullMillis });
  } catch (error) {
    throw imageError(
      `${runtime.name} has no image ${name}, and could not pull ${full}: ${lastLine(messageOf(error))}`,
      `${runtime.name} pull ${full}, or build it: ${runtime.name} build -t ${name} . (root and other users have images of their own)`,
    );
  }
  const id = await idOf(runtime, full);
  if (id !== undefined) return { name, runtime, id };
  throw imageError(`${runtime.name} pulled ${full} and does not have it`);
}

/** Undefined: it has none of that name. */
async function idOf({ name: runtime }: ContainerRuntime, image: string): Promise<string | undefined> {
  try {
    const id = (await run(runtime, ['image', 'inspect', '--format', '{{.Id}}', image])).trim();
    return id.startsWith('sha256:') ? id : `sha256:${id}`;
  } catch {
    return undefined;
  }
}

/** With a registry: podman asks for one where docker means its own. */
export function qualified(image: string): string {
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return `docker.io/library/${image}`;
  return /[.:]/.test(first) || first === 'localhost' ? image : `docker.io/${image}`;
}

const imageError = (message: string, hint?: string): MqbenchError => machineError('MQB_IMAGE', message, hint);
