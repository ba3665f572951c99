import { createHash } from 'node:crypto';
import { html, type Markup, raw } from './markup.js';
import { style } from './style.js';

/**
 * A whole document in one file. The policy lets it load nothing at all and run no script:
 * only its own style sheet, by hash. It therefore works from a disk, in a mail, and under
 * the strict policies of CI servers.
 * @param policy further directives, e.g. for the live view
 */
export function page(title: string, body: Markup, policy = '', head: Markup = raw('')): string {
  const hash = createHash('sha256').update(style).digest('base64');
  return html`${raw('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-${hash}'${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="mqbench">
<title>${title}</title>
<link rel="icon" href="data:,">
${head}<style>${raw(style)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.text;
}
