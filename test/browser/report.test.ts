import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/html/report.js';
import { launchChromium, noBrowser } from '../helpers/chromium.js';
import { buildResult } from '../helpers/result-builder.js';

if (noBrowser) process.stderr.write(`skipped: report in a browser: ${noBrowser}\n`);

/** Where screenshots go when a person wants to look at them. */
const screenshots = process.env.MQBENCH_SCREENSHOTS;

describe.skipIf(noBrowser)('report.html in Chromium', () => {
  let folder: string;
  let file: string;
  let document: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mqbench-report-'));
    file = join(folder, 'report.html');
    document = renderHtml([buildResult({ networks: [30] }), buildResult({ networks: [30], seed: 2, slower: 1.3 })]);
    await writeFile(file, document);
    browser = await launchChromium();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens the report; scripts are off, as in a mail or under a strict policy. */
  async function open(width: number, colorScheme: 'light' | 'dark' = 'light', path = file) {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(path).href);
    await page.waitForLoadState('load');
    return { page, complaints, requests, close: () => context.close() };
  }

  async function visibleCharts(page: Page): Promise<{ width: number; height: number; right: number }[]> {
    const boxes = await Promise.all((await page.locator('svg').all()).map((svg) => svg.boundingBox()));
    return boxes
      .filter((box) => box !== null && box.width > 0 && box.height > 0)
      .map((box) => ({ width: box!.width, height: box!.height, right: box!.x + box!.width }));
  }

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [400, 'light'],
    [400, 'dark'],
  ] as const)('shows its charts at %i px, %s, without a complaint or a request', async (width, scheme) => {
    const { page, complaints, requests, close } = await open(width, scheme);
    if (screenshots)
      await page.screenshot({ path: join(screenshots, `report-${width}-${scheme}.png`), fullPage: true });
    const charts = await visibleCharts(page);
    // Two chapters, each: the one of the answer, an open distribution of two, three or more over time, two of stages, two of
    // resources, one of bytes.
    expect(charts.length).toBeGreaterThanOrEqual(20);
    for (const chart of charts) {
      // That of the answer stands beside the words.
      expect(chart.width).toBeGreaterThan(width === 400 ? 330 : 400);
      expect(chart.height).toBeGreaterThan(100);
      expect(chart.right).toBeLessThanOrEqual(width);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
    await close();
  });

  it('can still be read where the server forbids even style sheets, as Jenkins does', async () => {
    const policy = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';";
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy });
      response.end(document);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const charts = await visibleCharts(page);
    expect(charts.length).toBeGreaterThanOrEqual(20);
    expect(await page.evaluate(`getComputedStyle(document.querySelector('svg path[stroke*="--c1"]')).stroke`)).toBe(
      'rgb(0, 114, 178)',
    );
    expect(await page.locator('.narrow svg:visible').count()).toBe(0);
    await page.close();
    server.close();
  });

  it('is light on paper, whatever the screen is', async () => {
    const { page, close } = await open(1280, 'dark');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    await close();
  });

  describe('of one run', () => {
    const one = buildResult({ networks: [1, 30], repeats: 1 });
    const expectations = [
      'quic.clients.lost == 0',
      'quic@30ms.connect.connack.p50 < 0.8 * tls@30ms.connect.connack.p50',
    ];
    let path: string;
    beforeAll(async () => {
      path = join(folder, 'one.html');
      const judged = expectations.map((text) => ({ text, outcome: 'held', found: 'in all cells' }) as const);
      await writeFile(path, renderHtml([{ ...one, expectations: judged }]));
    });

    it('has its answer on the first screen', async () => {
      const { page, close } = await open(1400, 'light', path);
      if (screenshots) await page.screenshot({ path: join(screenshots, 'answer-1400.png') });
      for (const part of ['.verdicts', '.headline', '.answer svg:visible', '.tables']) {
        const box = await page.locator(part).first().boundingBox();
        expect(box?.height, part).toBeGreaterThan(20);
        expect((box?.y ?? 0) + (box?.height ?? 0), part).toBeLessThanOrEqual(900);
      }
      await close();
    });

    it('keeps the names of rows in sight where a table scrolls, and shows that it does', async () => {
      const { page, close } = await open(390, 'light', path);
      const table = page.locator('#r1-matrix .scroll').first();
      await page.locator('#r1-matrix summary').first().click();
      await table.scrollIntoViewIfNeeded();
      const head = table.locator('tbody th').nth(1);
      const before = await head.boundingBox();
      const at = `document.querySelector('#r1-matrix .scroll')`;
      await page.evaluate(`${at}.scrollLeft = 120`);
      const after = await head.boundingBox();
      expect(await page.evaluate(`${at}.scrollLeft`)).toBeGreaterThan(50);
      expect(after?.x).toBe(before?.x);
      expect(await page.evaluate(`getComputedStyle(${at}).backgroundImage`)).toMatch(/gradient.*gradient/);
      if (screenshots) await page.screenshot({ path: join(screenshots, 'matrix-390.png') });
      await close();
    });

    it('is one page on paper, with what its marks mean', async () => {
      const { page, close } = await open(1280, 'light', path);
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('.paper').isVisible()).toBe(true);
      expect(await page.locator('#r1-matrix').isVisible()).toBe(false);
      const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true });
      expect(pdf.length).toBeGreaterThan(20_000);
      expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
      await close();
    });
  });

  it('draws lines that can be seen in both colour schemes', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page, close } = await open(1280, scheme);
      const [stroke, paper] = (await page.evaluate(`[
        getComputedStyle(document.querySelector('svg path[stroke*="--c1"]')).stroke,
        getComputedStyle(document.body).backgroundColor,
      ]`)) as [string, string];
      expect(stroke).toMatch(/^rgb\(/);
      expect(stroke).not.toBe(paper);
      await close();
    }
  });
});
