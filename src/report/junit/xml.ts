/** One test case; without a failure, an error and a reason for skipping it passed. */
export interface JunitCase {
  readonly classname: string;
  readonly name: string;
  readonly seconds?: number;
  /** The claim was tested and is false. */
  readonly failure?: string;
  /** The claim could not be tested because something broke. */
  readonly error?: string;
  readonly skipped?: string;
  readonly output?: string;
}

export interface JunitSuite {
  readonly name: string;
  readonly timestamp?: string;
  /** What has to be said of all cases. */
  readonly output?: string;
  readonly cases: readonly JunitCase[];
}

/** JUnit XML as GitLab, Jenkins and GitHub's report actions read it. */
export function junitXml(suites: readonly JunitSuite[]): string {
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites.map(suiteXml), '</testsuites>', ''].join(
    '\n',
  );
}

function suiteXml({ name, timestamp, cases, output }: JunitSuite): string {
  const count = (kind: 'failure' | 'error' | 'skipped') => cases.filter((one) => one[kind] !== undefined).length;
  const attributes = {
    name,
    tests: cases.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
    time: cases.reduce((sum, one) => sum + (one.seconds ?? 0), 0).toFixed(3),
    timestamp: timestamp?.replace(/(\.\d+)?Z$/, ''),
  };
  const said = output === undefined ? [] : [`    <system-out>${escapeXml(output)}</system-out>`];
  return [`  <testsuite${attributesXml(attributes)}>`, ...cases.map(caseXml), ...said, '  </testsuite>'].join('\n');
}

function caseXml({ classname, name, seconds, failure, error, skipped, output }: JunitCase): string {
  const open = `    <testcase${attributesXml({ classname, name, time: seconds?.toFixed(3) })}`;
  const inner = [
    ...(failure === undefined ? [] : [`<failure${attributesXml({ message: failure })}/>`]),
    ...(error === undefined ? [] : [`<error${attributesXml({ message: error })}/>`]),
    ...(skipped === undefined ? [] : [`<skipped${attributesXml({ message: skipped })}/>`]),
    ...(output === undefined ? [] : [`<system-out>${escapeXml(output)}</system-out>`]),
  ];
  return inner.length === 0 ? `${open}/>` : `${open}>${inner.join('')}</testcase>`;
}

function attributesXml(attributes: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;' };

/** Also drops characters that XML 1.0 cannot hold (section 2.2), which error messages of a peer may contain. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"\n]/g, (character) => entities[character] as string);
}
