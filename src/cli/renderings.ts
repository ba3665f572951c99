import type { NamedResult } from '../report/words/named-result.js';

type Render = (results: readonly NamedResult[]) => string;

/** A form a result can be rendered to: its file, and its renderer, loaded when it is used (charts take half a second). */
export interface Rendering {
  readonly file: string;
  load(): Promise<Render>;
}

/** Every form a result can be rendered to; one form may be several files. */
export const renderings: Readonly<Record<string, readonly Rendering[]>> = {
  html: [{ file: 'report.html', load: async () => (await import('../report/html/report.js')).renderHtml }],
  markdown: [
    {
      file: 'summary.md',
      load: async () => {
        const { renderMarkdown } = await import('../report/markdown.js');
        return (results) => results.map(renderMarkdown).join('\n');
      },
    },
  ],
  junit: [{ file: 'junit.xml', load: async () => (await import('../report/junit/result.js')).resultJunit }],
  csv: [
    { file: 'cells.csv', load: async () => (await import('../report/csv/cells.js')).cellsCsv },
    { file: 'timeline.csv', load: async () => (await import('../report/csv/csv.js')).timeSeriesCsv },
  ],
};
