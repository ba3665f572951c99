import { messageOf } from '../errors.js';
import { onPath, run } from './child.js';

/** Programs that run containers, in the order in which they are asked. */
export const runtimeNames = ['podman', 'docker'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

export interface ContainerRuntime {
  readonly name: RuntimeName;
  /** Of podman itself, or of docker's daemon; with the program below podman that starts the processes. */
  readonly version: string;
}

export interface ContainerRuntimes {
  readonly usable: readonly ContainerRuntime[];
  /** Why those that are installed cannot be used, a sentence each. */
  readonly refused: readonly string[];
}

const versionWords: Readonly<Record<RuntimeName, readonly string[]>> = {
  podman: ['info', '--format', '{{.Version.Version}} with {{.Host.OCIRuntime.Name}}'],
  docker: ['version', '--format', '{{.Server.Version}}'],
};

/** Which of them are in PATH and answer this user. Nothing is started. */
export async function findContainerRuntimes(): Promise<ContainerRuntimes> {
  const usable: ContainerRuntime[] = [];
  const refused: string[] = [];
  for (const name of runtimeNames) {
    if (onPath(name) === undefined) continue;
    try {
      usable.push({ name, version: (await run(name, versionWords[name])).trim() });
    } catch (error) {
      refused.push(`${name} is there and does not answer: ${lastLine(messageOf(error))}`);
    }
  }
  return { usable, refused };
}

/** Of what a runtime said: what it says last is why it ended. */
export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';
