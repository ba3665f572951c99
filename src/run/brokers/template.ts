import type { TransportName } from '../../transport/contract.js';

/** What the placeholders of a broker's texts stand for. */
export interface Filling {
  /** The one transport that the cell needs. */
  readonly transport: TransportName;
  readonly host: string;
  readonly ports: Partial<Record<TransportName, number>>;
  /** A port that nobody has, by the name that asks for it. */
  readonly free: Readonly<Record<string, number>>;
  readonly dir: string;
  readonly config: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly user: string;
  readonly program: string;
}

/** Names of the free ports that texts ask for: `{free.NAME}`. */
export const freeNames = (texts: readonly string[]): string[] => [
  ...new Set(texts.flatMap((text) => [...text.matchAll(/\{free\.(\w+)\}/g)].map(([, name]) => name as string))),
];

/**
 * A text with its placeholders filled in. `{#tls}…{/tls}` is only there in cells over TLS, and likewise for every other
 * transport; `{port}` is the port of the cell's transport. Any other braces stay as they are.
 */
export function fill(text: string, filling: Filling): string {
  const { transport, ports, free, ...words } = filling;
  const chosen = text.replace(/\{#(tcp|tls|wss?|quic)\}([\s\S]*?)\{\/\1\}/g, (_, of: string, inner: string) =>
    of === transport ? inner : '',
  );
  const values: Record<string, string | number | undefined> = { ...words, port: ports[transport] };
  for (const [name, port] of Object.entries(ports)) values[`port.${name}`] = port;
  for (const [name, port] of Object.entries(free)) values[`free.${name}`] = port;
  return chosen.replace(/\{([a-z]+(?:\.\w+)?)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? whole : String(value);
  });
}
