import { messageOf } from './errors.js';

type Undo = () => void | Promise<void>;

/**
 * Whoever creates something registers here how it is undone. Disposal runs in
 * reverse order, tries everything, and reports what failed instead of throwing:
 * an error while cleaning up must not hide the error that led to it.
 */
export class Disposer {
  private readonly stack: { what: string; undo: Undo }[] = [];

  /** @param what names the thing in a report, e.g. "broker process" */
  add(what: string, undo: Undo): void {
    this.stack.push({ what, undo });
  }

  /** Undoes everything, newest first. Idempotent. @returns a line for each undo that failed */
  async dispose(): Promise<string[]> {
    const failures: string[] = [];
    for (let entry = this.stack.pop(); entry; entry = this.stack.pop()) {
      try {
        await entry.undo();
      } catch (error) {
        failures.push(`${entry.what}: ${messageOf(error)}`);
      }
    }
    return failures;
  }
}
