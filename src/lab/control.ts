import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid, pid } from 'node:process';
import { json } from 'node:stream/consumers';
import { codeOf, MqbenchError, messageOf, usageError } from '../base/errors.js';
import { makeFolder } from '../base/folder.js';
import type { EventProof, LabBackend, LabEvent, LinkCounters } from './contract.js';

// How `mqbench lab status|shell|exec|event` reach a lab that another process holds: HTTP with JSON both ways, through a socket in a
// folder that only its user may enter.

/** What a held lab tells about itself. */
export interface LabStatus {
  readonly name: string;
  readonly backend: LabBackend;
  /** Of the process that holds it, and of the namespaces. */
  readonly ownerPid: number;
  readonly holderPid: number;
  readonly rootless: boolean;
  readonly upSince: string;
  /** What was asked for, in tc-netem(8)'s words. */
  readonly link: { readonly up: string; readonly down: string };
  readonly serverAddresses: readonly string[];
  readonly clientAddresses: readonly string[];
  readonly counters: LinkCounters;
  /** "inner outer:ports" of each client. */
  readonly outer: readonly string[];
  readonly flows: number;
}

export interface LabService {
  status(): Promise<LabStatus>;
  event(event: LabEvent): Promise<EventProof>;
}

/** What the lab itself knows of its status; the rest is the owner's. */
export type OwnStatus = Omit<LabStatus, 'name' | 'ownerPid' | 'upSince'>;

/** What is asked: to make an event happen, or without one how the lab is. */
interface Question {
  readonly event?: LabEvent;
}
type Reply =
  | { readonly result: unknown }
  | { readonly error: { code: string; message: string; hint?: string | undefined } };

/** Of the lab that is meant where none is named. */
export const defaultLabName = 'lab';

const folder = (): string => join(tmpdir(), `mqbench-labs-${getuid?.() ?? 0}`);
const socketPath = (name: string): string => join(folder(), `${name}.sock`);

/**
 * Lets other processes of this user reach the lab under a name.
 * @returns how to end that: whoever is asking is cut off, the name is free again
 * @throws MQB_LAB_NAME when a lab of that name is up
 */
export async function serveLab(
  name: string,
  lab: { status(): Promise<OwnStatus>; event: LabService['event'] },
): Promise<() => void> {
  const upSince = new Date().toISOString();
  const service: LabService = {
    status: async () => ({ name, ownerPid: pid, upSince, ...(await lab.status()) }),
    event: (event) => lab.event(event),
  };
  if (!/^[\w-]{1,40}$/.test(name)) throw nameError(`"${name}" is not a name: letters, digits, - and _, at most 40`);
  await makeControlFolder();
  const alive = await ask<LabStatus>(name).catch(() => undefined);
  if (alive) throw nameError(`a lab called "${name}" is up already (process ${alive.ownerPid})`, 'give another --name');
  rmSync(socketPath(name), { force: true }); // of one that was killed
  const server = createServer((asked, response) => {
    void answer(asked, service).then((reply) => response.end(JSON.stringify(reply)));
  });
  await once(server.listen(socketPath(name)), 'listening');
  return () => {
    server.close(); // removes the socket, too
    server.closeAllConnections();
  };
}

/** @throws MQB_LAB_NAME when there is no place for the socket */
async function makeControlFolder(): Promise<void> {
  try {
    await makeFolder(tmpdir());
    mkdirSync(folder(), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw nameError(
      `there is no place for the lab's socket: ${messageOf(error)}`,
      'set TMPDIR to a folder you may write to',
    );
  }
}

async function answer(asked: IncomingMessage, service: LabService): Promise<Reply> {
  try {
    const { event } = (await json(asked)) as Question;
    return { result: event === undefined ? await service.status() : await service.event(event) };
  } catch (error) {
    const hint = error instanceof MqbenchError ? error.hint : undefined;
    return { error: { code: codeOf(error), message: messageOf(error), hint } };
  }
}

async function ask<T>(name: string, question: Question = {}): Promise<T> {
  const asked = request({ socketPath: socketPath(name), method: 'POST', agent: false }).end(JSON.stringify(question));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const reply = (await json(response)) as Reply;
  if ('result' in reply) return reply.result as T;
  throw new MqbenchError(reply.error.code, reply.error.message, { hint: reply.error.hint });
}

/** The lab of that name, held by another process. @throws MQB_LAB_NAME when there is none */
export async function findLab(name: string): Promise<LabService> {
  const call = async <T>(question?: Question): Promise<T> => {
    try {
      return await ask<T>(name, question);
    } catch (error) {
      const code = codeOf(error);
      if (['ECONNRESET', 'EPIPE'].includes(code)) throw new MqbenchError('MQB_LAB_DIED', `the lab "${name}" ended`);
      if (!['ENOENT', 'ECONNREFUSED'].includes(code)) throw error;
      throw nameError(`no lab called "${name}" is up`, await insteadOf(name));
    }
  };
  await call();
  return { status: () => call(), event: (event) => call({ event }) };
}

/** What to type when no lab of that name is up. */
async function insteadOf(name: string): Promise<string> {
  const start = `start one: mqbench lab up${nameFlag(name)} --profile 4g --hold`;
  const others = await labNames();
  return others.length === 0 ? start : `${upText(others)}: name one with --name; or ${start}`;
}

/** As an instruction has it behind a command: nothing for the lab that needs no name. */
export const nameFlag = (name: string): string => (name === defaultLabName ? '' : ` --name ${name}`);

/** `the labs "a" and "b" are up` */
export function upText(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  const last = quoted.pop();
  return quoted.length === 0 ? `the lab ${last} is up` : `the labs ${quoted.join(', ')} and ${last} are up`;
}

/** Names of the labs of this user that are up. Forgets those that were killed. */
export async function labNames(): Promise<string[]> {
  const names: string[] = [];
  const files = existsSync(folder()) ? readdirSync(folder()) : [];
  for (const file of files.filter((one) => one.endsWith('.sock'))) {
    const name = file.slice(0, -'.sock'.length);
    try {
      await ask(name);
      names.push(name);
    } catch (error) {
      if (codeOf(error) === 'ECONNREFUSED') rmSync(join(folder(), file), { force: true });
    }
  }
  return names;
}

const nameError = (message: string, hint?: string): MqbenchError => usageError('MQB_LAB_NAME', message, hint);
