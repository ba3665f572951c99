import { formatCount, formatDuration } from '../../base/units.js';
import type { Impairment } from '../../lab/contract.js';
import { type Survey, survey, surveyMicros } from '../../lab/measure/survey.js';
import { parseNetem } from '../../lab/netem/parse.js';
import type { Environment } from '../environment.js';
import { usage } from '../options/parsers.js';
import type { FlagsOf } from '../options/rows.js';
import { giveJson, isPrinted } from '../options/shared.js';
import type { measureRows } from './options.js';
import { surveyText } from './status.js';

/** Each text is a link. @throws MQB_USAGE where a shell has made several of one */
function linksOf(texts: readonly string[]): Impairment[] {
  try {
    return texts.map(parseNetem);
  } catch (error) {
    const one = texts.join(' ');
    try {
      parseNetem(one);
    } catch {
      throw error;
    }
    if (texts.length === 1) throw error;
    throw usage(
      `each word of "${one}" stands for a link of its own`,
      `in quotes it is one: mqbench lab measure "${one}"`,
    );
  }
}

const longestMicros = 60e6;

/** @throws MQB_USAGE for a link that would take minutes for what is sent over it */
function checkTime(texts: readonly string[], links: readonly Impairment[], packets: number): void {
  for (const [i, link] of links.entries()) {
    const micros = surveyMicros(link, packets);
    if (micros <= longestMicros) continue;
    const fewer = Math.max(1, Math.floor((packets * longestMicros) / micros));
    throw usage(
      `"${texts[i]}" takes ${formatDuration(micros)} for ${formatCount(packets)} datagrams`,
      `send fewer: --packets ${fewer}`,
    );
  }
}

/** `mqbench lab measure`. @throws MQB_USAGE for what is no link, and for one that would take minutes */
export async function measure(
  env: Environment,
  texts: readonly string[],
  flags: FlagsOf<typeof measureRows>,
): Promise<void> {
  const links = linksOf(texts);
  checkTime(texts, links, flags.packets);
  const surveys: Record<string, Survey> = {};
  const optionsOf = (link: Impairment) => ({
    packets: flags.packets,
    intervalMicros: 2000,
    floodMillis: link.rateBits ? 1500 : undefined,
  });
  let i = 0;
  for await (const one of survey(flags.backend, links, optionsOf)) {
    const text = texts[i++]!;
    surveys[text] = one;
    if (!isPrinted(flags.json)) env.stdout.write(surveyText(text, one));
  }
  await giveJson(env, flags.json, surveys);
}
