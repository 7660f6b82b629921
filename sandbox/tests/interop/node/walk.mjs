// A day with the official Node SDK (@larksuiteoapi/node-sdk), unmodified, on the sandbox.
//
//     node walk.mjs URL APP_ID APP_SECRET CHAT_ID
//
// What each step was answered goes to standard output, a line of JSON each; `walk.py` takes the same steps in Python.

import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import * as lark from '@larksuiteoapi/node-sdk';

const [domain, appId, appSecret, chatId] = process.argv.slice(2);
const client = new lark.Client({ appId, appSecret, domain, loggerLevel: lark.LoggerLevel.fatal });
const im = client.im.v1;

// The smallest PNG: one transparent pixel.
const PIXEL = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489' +
    '0000000d49444154789c63000100000500010d0a2db40000000049454e44ae426082',
  'hex',
);
const NOTES = Buffer.concat([Buffer.from('Notes, 飞书\r\n'.repeat(5000)), Buffer.from(Array.from(Array(256).keys()))]);

const tell = (step, said) => console.log(JSON.stringify({ step, ...said }));
const digest = (data) => createHash('sha256').update(data).digest('hex');
const fetched = async (file) => digest(await buffer(file.getReadableStream()));

function done(response) {
  if (response.code !== 0) throw new Error(JSON.stringify(response));
  return response.data;
}

function send(kind, content, receive_id = chatId) {
  const data = { receive_id, msg_type: kind, content: JSON.stringify(content) };
  return im.message.create({ params: { receive_id_type: 'chat_id' }, data });
}

async function token() {
  // The SDK keeps it for later calls, as programs that never ask for it have it do.
  const token = await client.tokenManager.getTenantAccessToken();
  tell('token', { kind: token.slice(0, 2) });
}

async function messages() {
  const text = done(await send('text', { text: 'from Node 飞书' }));
  tell('text', { message_id: text.message_id, chat_id: text.chat_id, content: JSON.parse(text.body.content) });
  const words = [[{ tag: 'text', text: 'first ' }, { tag: 'a', text: 'link', href: 'https://example.com/' }]];
  const post = done(await send('post', { en_us: { title: 'A post', content: words } }));
  tell('post', { message_id: post.message_id, msg_type: post.msg_type });
  const button = { tag: 'button', text: { tag: 'plain_text', content: 'Approve' }, value: { id: 7 } };
  const card = done(await send('interactive', { elements: [{ tag: 'action', actions: [button] }] }));
  tell('card', { message_id: card.message_id, msg_type: card.msg_type });
  const path = { message_id: text.message_id };
  const data = { msg_type: 'text', content: JSON.stringify({ text: 'a reply' }) };
  const reply = done(await im.message.reply({ path, data }));
  tell('reply', { message_id: reply.message_id, parent_id: reply.parent_id, root_id: reply.root_id });
  const read = done(await im.message.get({ path }));
  tell('get', { items: read.items.map((item) => [item.message_id, JSON.parse(item.body.content)]) });
  return text.message_id;
}

async function history() {
  const params = { container_id_type: 'chat', container_id: chatId, sort_type: 'ByCreateTimeAsc', page_size: 2 };
  const pages = [];
  for await (const page of await im.message.listWithIterator({ params })) {
    pages.push(page.items.map((item) => item.message_id));
    if (pages.length === 9) break;
  }
  tell('list', { pages });
}

async function files() {
  const { image_key } = await im.image.create({ data: { image_type: 'message', image: PIXEL } });
  const image = await im.image.get({ path: { image_key } });
  tell('image', { key: image_key, sent: digest(PIXEL), got: await fetched(image) });

  const data = { file_type: 'stream', file_name: 'notes 飞书.txt', file: NOTES };
  const { file_key } = await im.file.create({ data });
  const file = await im.file.get({ path: { file_key } });
  tell('file', { key: file_key, sent: digest(NOTES), got: await fetched(file) });

  const { message_id } = done(await send('file', { file_key }));
  const resource = await im.messageResource.get({ path: { message_id, file_key }, params: { type: 'file' } });
  tell('resource', { key: message_id, sent: digest(NOTES), got: await fetched(resource) });
}

async function reactions(message_id) {
  const kinds = async () => {
    const { items = [] } = done(await im.messageReaction.list({ path: { message_id } }));
    return items.map((item) => [item.reaction_id, item.reaction_type.emoji_type]);
  };
  const data = { reaction_type: { emoji_type: 'SMILE' } };
  const { reaction_id } = done(await im.messageReaction.create({ path: { message_id }, data }));
  const there = await kinds();
  done(await im.messageReaction.delete({ path: { message_id, reaction_id } }));
  tell('reaction', { reaction_id, there, left: await kinds() });
}

async function chats() {
  const { chat_id } = done(await im.chat.create({ data: { name: 'Readers', description: 'Who reads' } }));
  const { name, description } = done(await im.chat.get({ path: { chat_id } }));
  tell('chat', { chat_id, name, description });
}

async function refusal() {
  try {
    await send('text', { text: 'lost' }, 'oc_nowhere');
  } catch (error) {
    const { code, log_id, error: more } = error.response.data;
    tell('refusal', { code, log_id: log_id ?? more.log_id });
  }
}

await token();
const first = await messages();
await history();
await files();
await reactions(first);
await chats();
await refusal();
