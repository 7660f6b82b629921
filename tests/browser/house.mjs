// Chromium, pages of the console, and what must hold on every one of them.
//
// CONSOLE is the sandbox's address, CHROMIUM the browser's program, SHOTS the folder for pictures of what failed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium, selectors } from 'playwright-core';

export const home = process.env.CONSOLE;

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
// Whatever a page waits for happens on this machine.
const patience = 10_000;

selectors.setTestIdAttribute('data-test');

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: flags });
});
after(() => browser?.close());

// A test on a fresh profile: nothing may be logged as wrong, nobody but the sandbox may be asked.
export function look(name, run, options = {}) {
  test(name, async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    const viewport = { width: 1280, height: 800 };
    const context = await browser.newContext({ locale: 'en-US', permissions, viewport, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const faults = watch(page);
    try {
      await page.goto(`${home}/`);
      await run(page);
      assert.deepEqual(faults, []);
    } catch (failure) {
      await page.screenshot({ path: `${process.env.SHOTS}/${name.replaceAll(/\W+/g, '-')}.png` });
      failure.message += `\nat ${page.url()}; seen: ${JSON.stringify(faults)}`;
      throw failure;
    } finally {
      await context.close();
    }
  });
}

function watch(page) {
  const faults = [];
  page.on('console', (line) => ['error', 'warning'].includes(line.type()) && faults.push(line.text()));
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== home && protocol !== 'data:' && protocol !== 'blob:') faults.push(`asks ${request.url()}`);
  });
  return faults;
}

// Until it is so; playwright's locators wait by themselves, values have to be asked for again.
export async function until(what, holds) {
  const end = Date.now() + patience;
  for (;;) {
    const now = await what();
    if (holds(now)) return now;
    if (Date.now() > end) assert.fail(`still ${JSON.stringify(now)}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

// What is to be asked of the sandbox without the page.
export async function ask(path, body) {
  const options = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const reply = await fetch(`${home}/_sandbox${path}`, options);
  assert.equal(reply.status, 200, path);
  return reply.json();
}
