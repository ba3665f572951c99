import { escapeXml } from '../words/escape.js';

/** One test case; without a failure, an error and a reason for skipping it passed. */
export interface JunitCase {
  readonly classname: string;
  readonly name: string;
  readonly seconds?: number;
  /** The claim was tested and is false. */
  readonly failure?: string | undefined;
  /** The claim could not be tested because something broke. */
  readonly error?: string | undefined;
  readonly skipped?: string | undefined;
  readonly output?: string | undefined;
}

export interface JunitSuite {
  readonly name: string;
  readonly timestamp?: string;
  /** What has to be said of all cases. */
  readonly output?: string;
  readonly cases: readonly JunitCase[];
}

const outcomes = ['failure', 'error', 'skipped'] as const;

/** JUnit XML as GitLab, Jenkins and GitHub's report actions read it. */
export function junitXml(suites: readonly JunitSuite[]): string {
  const head = '<?xml version="1.0" encoding="UTF-8"?>';
  return [head, '<testsuites>', ...suites.map(suiteXml), '</testsuites>', ''].join('\n');
}

function suiteXml({ name, timestamp, cases, output }: JunitSuite): string {
  const count = (kind: (typeof outcomes)[number]) => cases.filter((one) => one[kind] !== undefined).length;
  const open = tag('testsuite', {
    name,
    tests: cases.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
    time: cases.reduce((sum, one) => sum + (one.seconds ?? 0), 0).toFixed(3),
    timestamp: timestamp?.replace(/(\.\d+)?Z$/, ''),
  });
  const said = output === undefined ? [] : [`    ${outputXml(output)}`];
  return [`  ${open}>`, ...cases.map(caseXml), ...said, '  </testsuite>'].join('\n');
}

function caseXml({ classname, name, seconds, output, ...of }: JunitCase): string {
  const told = outcomes.filter((kind) => of[kind] !== undefined).map((kind) => `${tag(kind, { message: of[kind] })}/>`);
  const inner = told.join('') + (output === undefined ? '' : outputXml(output));
  const open = `    ${tag('testcase', { classname, name, time: seconds?.toFixed(3) })}`;
  return inner === '' ? `${open}/>` : `${open}>${inner}</testcase>`;
}

const outputXml = (text: string): string => `<system-out>${escapeXml(text)}</system-out>`;

/** Its beginning, with the attributes that have a value. */
function tag(name: string, attributes: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return `<${[name, ...given.map(([key, value]) => `${key}="${escapeXml(String(value))}"`)].join(' ')}`;
}
