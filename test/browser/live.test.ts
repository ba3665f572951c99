import { request } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LiveView, startLiveView } from '../../src/report/live/server.js';
import { launchChromium, noBrowser } from '../helpers/chromium.js';
import { buildResult } from '../helpers/result-builder.js';

if (noBrowser) process.stderr.write(`skipped: live view in a browser: ${noBrowser}\n`);

const whole = buildResult({ networks: [30], repeats: 1 });
const load = { connected: 50, connectedLeast: 50, acknowledged: 0, received: 0, ackP95Micros: 31_000 };
const progress = { cellId: 'tls@30ms', cellNumber: 2, cellCount: 3, line: '[2/3] tls@30ms, traffic' };

const plan = { arms: ['tcp', 'tls', 'quic'], events: [{ name: 'rebind', atMicros: 1e6 }] };

let view: LiveView;
beforeEach(async () => {
  view = await startLiveView({ port: 0, title: 'Live', plan });
});
afterEach(() => view.close());

function get(options: { path?: string; method?: string; host?: string }): Promise<{ status: number; text: string }> {
  const { path = '/', method = 'GET', host } = options;
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    const call = request(new URL(path, view.url), { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.on('error', reject).end();
  });
}

describe('live view', () => {
  it('is on loopback only, and answers nobody who calls it by another name', async () => {
    expect(new URL(view.url).hostname).toBe('127.0.0.1');
    expect((await get({})).status).toBe(200);
    expect((await get({ host: 'evil.example' })).status).toBe(421);
    expect((await get({ method: 'POST' })).status).toBe(405);
    expect((await get({ path: '/etc/passwd' })).status).toBe(404);
  });

  it('names the port that is in use, and the remedy', async () => {
    const port = Number(new URL(view.url).port);
    await expect(startLiveView({ port, title: 'Second', plan })).rejects.toMatchObject({
      code: 'MQB_PORT_IN_USE',
      hint: expect.stringContaining('--web'),
    });
  });

  it('shows the state of now to those who have no scripts', async () => {
    view.update({ ...whole, cells: whole.cells.slice(0, 1), status: 'running' });
    view.progress({ ...progress, load });
    const { text } = await get({});
    expect(text).toContain('[2/3] tls@30ms, traffic');
    expect(text).toContain('tcp@30ms');
    expect(text).toContain('http-equiv="refresh"');
  });

  it('ends also while somebody watches', async () => {
    const watching = get({ path: '/events' });
    await expect.poll(async () => (await get({})).status).toBe(200);
    await view.close();
    expect((await watching).text).toContain('event: end');
    await expect(get({})).rejects.toThrow();
  });
});

describe.skipIf(noBrowser)('live view in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser?.close());

  it('follows the run without being loaded again, and stays when it ends', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    let loads = 0;
    page.on('load', () => loads++);
    await page.goto(view.url);
    await page.getByText('Live.').waitFor();

    for (let i = 0; i < 5; i++) {
      view.progress({ ...progress, load: { ...load, acknowledged: i * 200, received: i * 200 } });
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    await page.locator('#progress svg:visible').first().waitFor();
    expect(await page.locator('#progress svg:visible').count()).toBe(3);
    expect(await page.locator('h1:visible').allTextContents()).toEqual(['Live']);

    view.update({ ...whole, cells: whole.cells.slice(0, 2), status: 'running' });
    await page.locator('#r1-distributions svg:visible').first().waitFor();
    expect(await page.locator('#report .tables').textContent()).not.toContain('QUIC');
    view.update(whole);
    await page.locator('#report .tables').getByText('QUIC').first().waitFor();

    await view.close();
    await page.getByText('The run has ended').waitFor();
    expect(loads).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);
});
