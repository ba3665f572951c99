import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid, pid } from 'node:process';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { makeFolder } from '../base/folder.js';
import type { EventProof, LabBackend, LabEvent, LinkCounters } from './contract.js';

// How `mqbench lab status|shell|exec|event` reach a lab that another process holds: a socket in a folder that only its
// user may enter. One JSON request per connection, one JSON answer.

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
export interface ServedLab {
  status(): Promise<Omit<LabStatus, 'name' | 'ownerPid' | 'upSince'>>;
  event(event: LabEvent): Promise<EventProof>;
}

type Request = { readonly method: 'status' } | { readonly method: 'event'; readonly event: LabEvent };
type Reply =
  | { readonly result: unknown }
  | { readonly error: { code: string; message: string; hint?: string | undefined } };

/** Of the lab that is meant where none is named. */
export const defaultLabName = 'lab';

function folder(): string {
  return join(tmpdir(), `mqbench-labs-${getuid?.() ?? 0}`);
}

const socketPath = (name: string): string => join(folder(), `${name}.sock`);

/**
 * Lets other processes of this user reach the lab under a name.
 * @returns how to end that: whoever is asking is cut off, the name is free again
 * @throws MQB_LAB_NAME when a lab of that name is up
 */
export async function serveLab(name: string, lab: ServedLab): Promise<() => void> {
  const upSince = new Date().toISOString();
  const service: LabService = {
    status: async () => ({ name, ownerPid: pid, upSince, ...(await lab.status()) }),
    event: (one) => lab.event(one),
  };
  if (!/^[\w-]{1,40}$/.test(name)) throw nameError(`"${name}" is not a name: letters, digits, - and _, at most 40`);
  await makeControlFolder();
  const alive = await ask<LabStatus>(name, { method: 'status' }).catch(() => undefined);
  if (alive) throw nameError(`a lab called "${name}" is up already (process ${alive.ownerPid})`, 'give another --name');
  rmSync(socketPath(name), { force: true }); // of one that was killed
  const asking = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    asking.add(socket);
    socket.on('close', () => asking.delete(socket));
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => void answer(text, service).then((reply) => socket.end(JSON.stringify(reply))));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath(name), resolve);
  });
  return () => {
    server.close(); // removes the socket, too
    for (const socket of asking) socket.destroy();
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

async function answer(text: string, service: LabService): Promise<Reply> {
  try {
    const request = JSON.parse(text) as Request;
    return { result: request.method === 'status' ? await service.status() : await service.event(request.event) };
  } catch (error) {
    const hint = error instanceof MqbenchError ? error.hint : undefined;
    return { error: { code: codeOf(error), message: messageOf(error), hint } };
  }
}

function ask<T>(name: string, request: Request): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath(name));
    let text = '';
    socket.on('error', reject);
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => {
      if (text === '') return reject(ended(name));
      const reply = JSON.parse(text) as Reply;
      if ('result' in reply) return resolve(reply.result as T);
      reject(new MqbenchError(reply.error.code, reply.error.message, { hint: reply.error.hint }));
    });
    socket.end(JSON.stringify(request));
  });
}

const ended = (name: string): MqbenchError => new MqbenchError('MQB_LAB_DIED', `the lab "${name}" ended`);

/** The lab of that name, held by another process. @throws MQB_LAB_NAME when there is none */
export async function findLab(name: string): Promise<LabService> {
  const call = async <T>(request: Request): Promise<T> => {
    try {
      return await ask<T>(name, request);
    } catch (error) {
      if (['ECONNRESET', 'EPIPE'].includes(codeOf(error))) throw ended(name);
      if (!['ENOENT', 'ECONNREFUSED'].includes(codeOf(error))) throw error;
      throw nameError(`no lab called "${name}" is up`, await insteadOf(name));
    }
  };
  await call<LabStatus>({ method: 'status' });
  return { status: () => call({ method: 'status' }), event: (event) => call({ method: 'event', event }) };
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
  let files: string[] = [];
  try {
    files = readdirSync(folder());
  } catch {
    return [];
  }
  for (const file of files.filter((one) => one.endsWith('.sock'))) {
    const name = file.slice(0, -'.sock'.length);
    try {
      await ask<LabStatus>(name, { method: 'status' });
      names.push(name);
    } catch (error) {
      if (codeOf(error) === 'ECONNREFUSED') rmSync(join(folder(), file), { force: true });
    }
  }
  return names;
}

function nameError(message: string, hint?: string): MqbenchError {
  return new MqbenchError('MQB_LAB_NAME', message, { exitCode: exitCodes.usage, hint });
}
