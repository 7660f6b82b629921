// What people do in the console. The echo bot runs beside the sandbox: it answers what is said in a chat, and clicks on its card.

import assert from 'node:assert/strict';
import { ask, home, look, until } from './house.mjs';

const { chat_id: chat, users } = await ask('/about');
const SEND = 'im.v1.message.create';
const HOSTILE = '<img src=x onerror=alert(1)>';

const go = (page, view) => page.getByTestId(`nav-${view}`).click();
const choose = (page, field, label) => page.getByTestId(`field-${field}`).selectOption({ label });
const text = async (page, name) => (await page.getByTestId(name).textContent()).trim();
const copied = (page) => page.evaluate(() => navigator.clipboard.readText());
const bubble = (page, words) => page.getByTestId('message').filter({ hasText: words });

async function open(page, operation) {
  await page.getByTestId('search').fill(operation.replaceAll('.', ' '));
  await page.getByTestId(`operation-${operation}`).click();
  await page.getByTestId('operation').filter({ hasText: operation }).waitFor();
}

async function compose(page, words) {
  await choose(page, 'receive_id_type', 'chat_id');
  await page.getByTestId('field-receive_id').fill(chat);
  await choose(page, 'msg_type', 'text');
  await page.getByTestId('field-content.text').fill(words);
}

async function send(page) {
  await page.getByTestId('send').click();
  await page.getByTestId('reply-code').waitFor();
  return text(page, 'reply-logid');
}

async function enter(page) {
  await go(page, 'chats');
  await page.getByTestId(`chat-${chat}`).click();
}

async function say(page, words) {
  await page.getByTestId('compose-text').fill(words);
  await page.getByTestId('compose-send').click();
}

look('the first operation of every resource has a form that its examples fill', async (page) => {
  const { operations } = await ask('/catalog');
  const firsts = new Map(operations.reverse().map(({ id, service, resource }) => [`${service}.${resource}`, id]));
  await page.getByTestId('search').waitFor();
  for (const id of firsts.values()) {
    await page.evaluate((to) => location.assign(to), `#/explorer/${id}`);
    await page.getByTestId('operation').getByText(id, { exact: true }).waitFor();
    await page.getByTestId('fill-examples').click();
  }
});

look('a send from the explorer shows in the chat', async (page) => {
  await open(page, SEND);
  await compose(page, 'sent from the explorer');
  await send(page);
  assert.equal(await text(page, 'reply-code'), '0');
  await enter(page);
  await bubble(page, 'sent from the explorer').first().waitFor();
});

look('a click on a card reaches the bot, and its answer is seen', async (page) => {
  await enter(page);
  await say(page, 'card');
  await page.getByRole('button', { name: 'Press me' }).click();
  await page.getByTestId('toast').filter({ hasText: 'You pressed {"pressed":true}' }).waitFor();
  const card = bubble(page, 'Thank you, it is pressed.');
  await card.waitFor();
  assert.equal(await card.locator('strong', { hasText: /^pressed$/ }).count(), 1);
  assert.equal(await page.getByRole('button', { name: 'Press me' }).count(), 0);
});

look('a call is found by its log id', async (page) => {
  await open(page, SEND);
  await compose(page, 'looked for in the logs');
  const id = await send(page);
  await open(page, 'im.v1.chat.list');
  await send(page);
  await go(page, 'logs');
  await page.getByTestId('filter-log_id').fill(id);
  await until(() => page.getByTestId('log-row').count(), (count) => count === 1);
  await page.getByTestId('log-row').click();
  assert.equal(await text(page, 'log-id'), id);
  assert.match(await text(page, 'log-request'), /looked for in the logs/);
});

look('a refused call tells why, and what to do', async (page) => {
  await open(page, SEND);
  await compose(page, 'lost');
  await page.getByTestId('field-receive_id').fill('oc_nowhere');
  await send(page);
  // The page of im.v1.message.create: the bot is not in the chat.
  assert.equal(await text(page, 'reply-code'), '230002');
  assert.match(await text(page, 'advice'), /not in the chat/);
});

look('the scopes are copied as the console of the platform imports them', async (page) => {
  await open(page, SEND);
  await compose(page, 'needs a scope');
  await send(page);
  await go(page, 'scopes');
  await page.getByTestId('need').first().waitFor();
  await page.getByTestId('copy-scopes').click();
  const json = JSON.parse(await until(() => copied(page), (now) => now !== ''));
  // protocol §9.3
  assert.deepEqual(Object.keys(json), ['scopes']);
  assert.deepEqual(Object.keys(json.scopes), ['tenant', 'user']);
  const named = await ask(`/catalog/${SEND}`);
  assert.ok(json.scopes.tenant.some((scope) => named.operation.scopes.includes(scope)), JSON.stringify(json));
  assert.deepEqual(JSON.parse(await text(page, 'scopes-json')), json);
});

look('the Rust sample is copied as the sandbox writes it', async (page) => {
  await open(page, SEND);
  await compose(page, 'as code');
  const values = { receive_id_type: 'chat_id', receive_id: chat, msg_type: 'text', content: { text: 'as code' } };
  const { rust, curl } = await ask('/samples', { operation: SEND, values, identity: 'tenant' });
  await until(() => text(page, 'sample-code'), (shown) => shown === rust.trim());
  await page.getByTestId('copy-sample').click();
  assert.equal(await until(() => copied(page), (now) => now !== ''), rust);
  await page.getByTestId('tab-curl').click();
  assert.equal(await text(page, 'sample-code'), curl.trim());
});

look('everything goes by keyboard', async (page) => {
  const key = (name) => page.keyboard.press(name);
  const focused = () => page.evaluate(() => document.activeElement?.dataset.test ?? '');
  const tabTo = async (name, back = false) => {
    for (let steps = 0; steps < 300; steps += 1) {
      if ((await focused()) === name) return;
      await key(back ? 'Shift+Tab' : 'Tab');
    }
    assert.fail(`Tab never comes to ${name}`);
  };
  await page.getByTestId('search').waitFor();
  await key('/');
  assert.equal(await focused(), 'search');
  await page.keyboard.type('im v1 message create');
  await page.getByTestId(`operation-${SEND}`).waitFor();
  for (let steps = 0; (await focused()) !== `operation-${SEND}` && steps < 50; steps += 1) await key('ArrowDown');
  await key('Enter');
  await page.getByTestId('field-receive_id').waitFor();
  await tabTo('field-receive_id_type');
  await page.keyboard.type('chat_id');
  await tabTo('field-receive_id');
  await page.keyboard.type(chat);
  await tabTo('field-msg_type');
  await page.keyboard.type('text');
  await tabTo('field-content.text');
  await page.keyboard.type('sent by keyboard');
  await key('Control+Enter');
  await page.getByTestId('reply-code').waitFor();
  assert.equal(await text(page, 'reply-code'), '0');
  await tabTo('nav-chats', true);
  await key('Enter');
  await page.getByTestId(`chat-${chat}`).waitFor();
  await tabTo(`chat-${chat}`);
  await key('Enter');
  await bubble(page, 'sent by keyboard').first().waitFor();
  await tabTo('compose-text');
  await page.keyboard.type('typed by keyboard');
  await key('Enter');
  // The bot says it again.
  await until(() => bubble(page, 'typed by keyboard').count(), (count) => count === 2);
  // Where the focus is can be seen.
  const ring = await page.evaluate(() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
    return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
  });
  assert.ok(ring, 'the element with the focus has no ring');
});

look('nothing becomes markup that is text', async (page) => {
  const said = (body) => ask(`/chats/${chat}/messages`, body);
  await said({ text: HOSTILE });
  const line = [{ tag: 'text', text: HOSTILE }, { tag: 'a', text: 'a link', href: 'javascript:alert(1)' }];
  await said({ msg_type: 'post', content: { en_us: { title: HOSTILE, content: [line] } } });
  const body = { elements: [{ tag: 'markdown', content: `${HOSTILE} [a link](javascript:alert(1))` }] };
  const card = { schema: '2.0', header: { title: { tag: 'plain_text', content: HOSTILE } }, body };
  const values = { receive_id_type: 'chat_id', receive_id: chat, msg_type: 'interactive', content: card };
  assert.equal((await ask('/send', { operation: SEND, values, identity: 'tenant' })).code, 0);
  await enter(page);
  await until(() => bubble(page, HOSTILE).count(), (count) => count >= 3);
  assert.equal(await page.locator('img[src="x"], [onerror]').count(), 0);
  assert.equal(await page.locator('a[href^="javascript:"]').count(), 0);
  await go(page, 'logs');
  await page.getByTestId('filter-endpoint').fill(SEND);
  const row = page.getByTestId('log-row');
  await until(() => row.allTextContents(), (rows) => rows.length > 0 && rows.every((one) => one.includes(SEND)));
  await row.first().click();
  const request = page.getByTestId('log-request');
  const folded = request.locator('[aria-expanded=false]');
  await request.waitFor();
  while (await folded.count()) await folded.first().click();
  assert.ok((await request.textContent()).includes(HOSTILE));
  assert.equal(await page.locator('img[src="x"], [onerror]').count(), 0);
});

const phone = { viewport: { width: 375, height: 720 }, isMobile: true, hasTouch: true };
look('it fits a phone', async (page) => {
  const fits = async (what) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${what} is ${wide} pixels too wide`);
  };
  await page.getByTestId('search').waitFor();
  await fits('the list of operations');
  await open(page, SEND);
  await page.getByTestId('fill-examples').click();
  await fits('the form');
  await send(page);
  await fits('the reply');
  await enter(page);
  await page.getByTestId('message').first().waitFor();
  await fits('a chat');
  await go(page, 'logs');
  await page.getByTestId('log-row').first().waitFor();
  await fits('the logs');
  await page.getByTestId('log-row').first().click();
  await page.getByTestId('log-detail').waitFor();
  await fits('a call');
  await go(page, 'scopes');
  await page.getByTestId('scopes-json').waitFor();
  await fits('the scopes');
}, phone);

look('it speaks Chinese', async (page) => {
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.equal(await text(page, 'nav-chats'), 'Chats');
  await page.getByTestId('language').click();
  await until(() => page.locator('html').getAttribute('lang'), (lang) => lang?.startsWith('zh'));
  // 会话 is the platform's word for a chat.
  assert.equal(await text(page, 'nav-chats'), '会话');
  // Each text has its own words.
  const names = await Promise.all(['explorer', 'logs', 'scopes'].map((view) => text(page, `nav-${view}`)));
  assert.ok(names.every((name) => /\p{Script=Han}/u.test(name)), names.join());
  await page.reload();
  assert.equal(await text(page, 'nav-chats'), '会话');
});

look('a browser in Chinese gets Chinese', async (page) => {
  await page.getByTestId('nav-chats').waitFor();
  assert.equal(await text(page, 'nav-chats'), '会话');
}, { locale: 'zh-CN' });

look('what is said elsewhere shows without a reload', async (page) => {
  await enter(page);
  await page.getByTestId('compose-text').waitFor();
  await ask(`/chats/${chat}/messages`, { text: 'said elsewhere', user: users[0].open_id });
  await bubble(page, 'said elsewhere').first().waitFor();
  assert.ok(page.url().startsWith(home));
});
