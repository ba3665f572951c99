import { Counter, type Registry } from 'prom-client';

/** A Prometheus counter whose value is kept elsewhere and read when it is asked for. */
export function keptCounter(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
