import type { Reporter, TestModule } from 'vitest/node';

/** Names the tests that passed only when tried again: a retry keeps a run going, it must not hide that it was needed. */
export default class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const again: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests('passed')) {
        const tries = test.diagnostic()?.retryCount ?? 0;
        if (tries > 0) again.push(`${module.relativeModuleId} > ${test.fullName} (try ${tries + 1})`);
      }
    }
    const list = again.map((name) => `\n  ${name}`).join('');
    process.stdout.write(`\nPassed only when tried again: ${again.length}${list}\n`);
  }
}
