import type { Reporter, TestModule } from 'vitest/node';

const shown = 10;

/** Names the slowest tests, and how many were skipped: where the time of the suite goes is known before it grows. */
export default class Slowest implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const took: { name: string; millis: number }[] = [];
    let setUp = 0;
    for (const module of modules) {
      setUp += module.diagnostic().collectDuration;
      for (const test of module.children.allTests()) {
        const millis = test.diagnostic()?.duration ?? 0;
        took.push({ name: `${module.relativeModuleId} > ${test.fullName}`, millis });
      }
    }
    const sum = took.reduce((total, { millis }) => total + millis, 0);
    took.sort((a, b) => b.millis - a.millis);
    const list = took.slice(0, shown).map(({ name, millis }) => `\n  ${seconds(millis)} s  ${name}`);
    process.stdout.write(
      `\nThe slowest of ${took.length} tests (${seconds(sum)} s, and ${seconds(setUp)} s to load their files):${list.join('')}\n`,
    );
  }
}

const seconds = (millis: number): string => (millis / 1000).toFixed(1).padStart(5);
