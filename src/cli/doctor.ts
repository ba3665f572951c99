import { Command } from 'commander';
import { exitCodes } from '../base/exit-codes.js';
import type { Finding, Verdict } from '../doctor/contract.js';
import { examine } from '../doctor/doctor.js';
import type { Environment } from './environment.js';
import { Exit } from './exit.js';
import { addOptions, type FlagsOf, rows } from './options/rows.js';
import { giveJson, isPrinted, jsonRow } from './options/shared.js';

const marks: Readonly<Record<Verdict, string>> = { works: 'ok', limited: 'limited', missing: 'MISSING', skipped: '-' };

const options = rows({ json: jsonRow });

/** `mqbench doctor`: what this machine can and cannot do, with the exact fix. */
export function command(env: Environment): Command {
  return addOptions(new Command('doctor'), options).action(async ({ json }: FlagsOf<typeof options>) => {
    const findings = await examine();
    await giveJson(env, json, findings);
    if (!isPrinted(json)) env.stdout.write(findingsText(findings));
    if (findings.some((one) => one.essential && one.verdict === 'missing')) throw new Exit(exitCodes.machine);
  });
}

/** One line per finding, and below it what would help. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((one) => one.what.length));
  return findings
    .map(({ what, verdict, detail, fix }) => {
      const line = `${marks[verdict].padEnd(8)}${what.padEnd(width + 2)}${detail}\n`;
      return fix ? `${line}${' '.repeat(width + 10)}→ ${fix}\n` : line;
    })
    .join('');
}
