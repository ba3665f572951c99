// Pictures of a report for README and documentation: its first screen, wide in light and dark, and on a telephone.
//   npm run build && node scripts/docs/screenshots.mjs results/demo-…   writes docs/images/
// Needs Debian's chromium, as test/browser does.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, exit, stderr } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { renderHtml } from '../../dist/report/html/report.js';
import { readResult } from '../../dist/result/read.js';

const pictures = [
  { name: 'report-light', width: 1400, height: 900, colorScheme: 'light' },
  { name: 'report-dark', width: 1400, height: 900, colorScheme: 'dark' },
  { name: 'report-narrow', width: 390, height: 844, colorScheme: 'light' },
];

const [path] = argv.slice(2);
if (path === undefined) {
  stderr.write('of which result? node scripts/docs/screenshots.mjs results/demo-…\n');
  exit(2);
}
const images = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'mqbench-pictures-'));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
try {
  const report = join(folder, 'report.html');
  await writeFile(report, renderHtml([await readResult(path)]));
  await mkdir(images, { recursive: true });
  for (const { name, width, height, colorScheme } of pictures) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    await page.goto(pathToFileURL(report).href);
    await page.screenshot({ path: join(images, `${name}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
