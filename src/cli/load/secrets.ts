import type { UserProperties } from '../../mqtt/codec/control-packets.js';
import type { FeedRow, LoadPlan } from '../../plan/plan.js';

// Results are passed around, and reports are put on the web: no user name, password, key or token in them.

/** What stands for a secret. */
export const given = '(given)';

/** What of a feeder's row may be read by others; any other column may be a secret that a topic or a payload needs. */
const readable = new Set(['id', 'topic']);

/** The plan as a result shows it. */
export function planWithoutSecrets(plan: LoadPlan): LoadPlan {
  const { ws, tls: { key, keyLogFile, ...tls } = {}, ...target } = plan.target; // a key log changes nothing that is measured
  const { path, headers } = ws ?? {};
  return {
    ...plan,
    feed: plan.feed?.map(rowWithoutSecrets),
    username: plan.username && given,
    password: plan.password && given,
    properties: withoutUserProperties(plan.properties),
    publish: plan.publish && { ...plan.publish, properties: withoutUserProperties(plan.publish.properties) },
    target: {
      ...target,
      tls: { ...tls, key: key && given },
      ws: ws && { ...ws, path: path && withoutQuery(path), headers: headers && masked(headers) },
    },
  };
}

function withoutUserProperties<T extends { readonly userProperties?: UserProperties }>(properties?: T): T | undefined {
  return properties?.userProperties ? { ...properties, userProperties: masked(properties.userProperties) } : properties;
}

/** Names without their values. */
function masked(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, given]));
}

function rowWithoutSecrets(row: FeedRow): FeedRow {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, readable.has(column) ? value : given]),
  );
}

/** The query of a URL may be a signature, as that of a presigned one is. */
export function withoutQuery(path: string): string {
  return path.replace(/[?#].*/s, `?${given}`);
}
