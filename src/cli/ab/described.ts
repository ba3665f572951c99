import { isAbsolute, resolve } from 'node:path';
import { onPath } from '../../base/process/child.js';
import { commandWords } from '../../base/text/command-line.js';
import { findImage } from '../../run/brokers/container/image.js';
import { type PresetName, presetNames, presets } from '../../scenario/brokers/presets.js';
import type { Described } from '../../scenario/resolve/brokers.js';
import { type TransportName, transportNames } from '../../transport/contract.js';
import { list, usage, whole } from '../options/parsers.js';

/** Port of each transport that a broker speaks. */
export type Listens = Partial<Record<TransportName, number | 'free'>>;

/** Of `mosquitto` or `mosquitto=/opt/old/mosquitto`, or `mosquitto=image:eclipse-mosquitto:2.0.18`. */
export function presetOf(text: string): { readonly preset: PresetName; readonly program?: string } | undefined {
  const [name, ...program] = text.split('=');
  const preset = presetNames.find((one) => one === name);
  if (preset === undefined) return undefined;
  return program.length === 0 ? { preset } : { preset, program: program.join('=') };
}

/** Of `image:my/broker:pr-17`, which words for its entry point may follow, and of a preset's image. */
export function imageOf(text: string): string | undefined {
  const [, image] = /^image:(\S+)/.exec(presetOf(text)?.program ?? text) ?? [];
  return image;
}

/** What a scenario file would say of it. */
export function describedAs(text: string, cwd: string, listens: Listens = listensIn(text)): Described {
  const [preset, image] = [presetOf(text), imageOf(text)];
  if (preset !== undefined) {
    const { program } = preset;
    const its = program === undefined ? {} : image === undefined ? { program: programAt(program, cwd) } : { image };
    return { name: 'broker', preset: preset.preset, ...its };
  }
  if (image === undefined) return { name: 'broker', command: withProgramAt(text, cwd), listens };
  const command = text.slice(`image:${image}`.length).trim();
  return { name: 'broker', image, ...(command === '' ? {} : { command }), listens };
}

/** Of a path that is relative, where it is: the broker runs in a folder of its own. */
const programAt = (program: string, cwd: string): string =>
  program.includes('/') && !isAbsolute(program) ? resolve(cwd, program) : program;

const withProgramAt = (text: string, cwd: string): string => {
  const [program = '', ...args] = commandWords(text) ?? [];
  return [programAt(program, cwd), ...args]
    .map((word) => (/[\s"']/.test(word) ? JSON.stringify(word) : word))
    .join(' ');
};

/**
 * @throws MQB_USAGE for a text that is neither a git ref nor a preset nor a program that there is, MQB_IMAGE for an image that cannot
 *   be run
 */
export async function checkBroker(text: string, cwd: string, { inLab }: { readonly inLab: boolean }): Promise<void> {
  const image = imageOf(text);
  if (image !== undefined) await findImage(image, inLab);
  else if (/(^|=)image:$/.test(text)) throw usage(`${text} names no image`, `e.g. ${text}my/broker:pr-17`);
  else checkProgram(text, cwd);
}

/** What a preset says of an image, as a side names it. */
const asSide = (preset: PresetName, hint: string): string => hint.replace('image: ', `image: ${preset}=image:`);

function checkProgram(text: string, cwd: string): void {
  const preset = presetOf(text);
  const [first] = commandWords(text) ?? [];
  if (preset !== undefined && 'imageNeeded' in presets[preset.preset])
    throw usage(`${text} is no program that can be started here`, asSide(preset.preset, presets[preset.preset].hint));
  const candidates = preset
    ? preset.program === undefined
      ? presets[preset.preset].program
      : [preset.program]
    : [first ?? ''];
  if (candidates.some((one) => onPath(programAt(one, cwd)) !== undefined)) return;
  throw usage(
    `neither a git ref of this repository nor a program: ${preset ? candidates[0] : text}`,
    preset && preset.program === undefined
      ? asSide(preset.preset, presets[preset.preset].hint)
      : `presets: ${presetNames.join(', ')}`,
  );
}

/** The transports that a command line names a port of. */
function listensIn(text: string): Listens {
  const named = transportNames.filter((transport) => text.includes(`{port.${transport}}`));
  if (named.length === 0) return { tcp: 1883 };
  return Object.fromEntries(named.map((transport) => [transport, 'free' as const]));
}

/** `tcp=1883,tls=8883` */
export function listensOf(text: string): Partial<Record<TransportName, number>> {
  const entries = list(text).map((part) => {
    const [transport, port = ''] = part.split('=');
    if (!transportNames.some((one) => one === transport))
      throw usage(`there is no transport ${transport}: ${transportNames.join(', ')}`);
    return [transport, whole(1, 65_535)(port)];
  });
  return Object.fromEntries(entries);
}
