import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { isDeeper } from '../base/depth.js';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { pathText } from '../base/text/path.js';
import { resultFile } from './schema.js';
import { type Result, resultSchema } from './types.js';

/**
 * A result from its file, or from the folder of a run.
 * @throws MQB_RESULT (exit code 2) naming the file, what it is instead, and what was expected
 */
export async function readResult(path: string): Promise<Result> {
  const file = await fileOf(path);
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).replace(/^\ufeff/, ''); // an editor may have put a byte order mark there
  } catch (error) {
    throw resultError(`cannot read ${file}: ${messageOf(error)}`, 'give a result.json, or the folder of a run');
  }
  return parseResult(text, file);
}

async function fileOf(path: string): Promise<string> {
  try {
    return (await stat(path)).isDirectory() ? join(path, 'result.json') : path;
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT';
    throw resultError(
      missing ? `there is no ${path}` : `cannot read ${path}: ${messageOf(error)}`,
      'give a result.json, or the folder of a run (results/<scenario>-<time>)',
    );
  }
}

/** {@link readResult} of a text that is already there. @param name of its file, for messages */
export function parseResult(text: string, name: string): Result {
  const expected = `expected a result of mqbench run ("format": "mqbench-result", schema up to ${resultSchema})`;
  if (text.trim() === '') throw resultError(`${name} is empty; ${expected}`);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    const cut = text.startsWith('{"format":"mqbench-result"');
    const isCut = cut && !text.trimEnd().endsWith('}');
    const what = isCut ? `is truncated after ${Buffer.byteLength(text)} bytes` : 'is not JSON';
    throw resultError(`${name} ${what} (${messageOf(error)}); ${expected}`);
  }
  const problem = problemOf(data);
  if (problem) throw resultError(`${name} ${problem}; ${expected}`);
  return data as Result;
}

/** Why this is no result that can be read, or undefined. */
function problemOf(data: unknown): string | undefined {
  const { format, schema } = (data ?? {}) as { format?: unknown; schema?: unknown };
  if (format !== 'mqbench-result') {
    return format === undefined ? 'is JSON of something else' : `has the format ${JSON.stringify(format)}`;
  }
  if (typeof schema !== 'number' || !Number.isInteger(schema) || schema < 1) return 'has no schema number';
  if (schema > resultSchema) return `has schema ${schema}, written by a newer mqbench; update mqbench to read it`;
  if (isDeeper(data, mostLevels)) return `is damaged: it has more than ${mostLevels} levels`;
  const { error } = resultFile.safeParse(data);
  return error && damage(error.issues);
}

/** The result's own form has twelve levels; what a scenario holds comes on top. */
const mostLevels = 40;

/** The first things that are wrong, each with its path. */
function damage(issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.slice(0, 3).map(({ path, message }) => `${pathText(path)} ${reason(message)}`);
  const more = issues.length > lines.length ? ` (and ${issues.length - lines.length} more)` : '';
  return `is damaged: ${lines.join('; ')}${more}`;
}

const reason = (message: string): string =>
  /received undefined$/.test(message)
    ? 'is missing'
    : message.replace(/^Invalid (input|option|value): /, 'is not right: ');

function resultError(message: string, hint?: string): MqbenchError {
  return new MqbenchError('MQB_RESULT', message, { exitCode: exitCodes.usage, hint });
}
