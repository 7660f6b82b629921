// The official Node SDK (@larksuiteoapi/node-sdk), unmodified, takes the sandbox's events.
//
//     node official.mjs socket URL APP_ID APP_SECRET
//     node official.mjs webhook TOKEN KEY
//
// What its handlers get goes to standard output, a line of JSON each. A text that says "fail" makes the handler throw.

import { createServer } from 'node:http';
import * as lark from '@larksuiteoapi/node-sdk';

const tell = (said) => console.log(JSON.stringify(said));
const loggerLevel = lark.LoggerLevel.error;
const silent = () => {};
// Standard output is for what the handlers get.
const logger = { error: console.error, warn: silent, info: silent, debug: silent, trace: silent };

// The SDK hands over the members of header and event in one object.
const parted = ({ event_id, event_type, app_id, ...event }) => ({ header: { event_id, event_type, app_id }, event });

function dispatcher(keys) {
  return new lark.EventDispatcher({ ...keys, loggerLevel, logger }).register({
    'im.message.receive_v1': (event) => {
      tell({ received: event.event_type, event: parted(event) });
      if (event.message.content.includes('fail')) throw new Error('told to fail');
    },
    'card.action.trigger': (event) => {
      tell({ received: event.event_type, event: parted(event) });
      return { toast: { type: 'info', content: 'clicked' } };
    },
    p2p_chat_create: (event) => tell({ received: 'p2p_chat_create', event }),
  });
}

function connect([domain, appId, appSecret]) {
  const client = new lark.WSClient({ appId, appSecret, domain, loggerLevel, logger });
  client.start({ eventDispatcher: dispatcher({}) });
}

function listen([verificationToken, encryptKey]) {
  const adapter = lark.adaptDefault('/', dispatcher({ verificationToken, encryptKey }), { autoChallenge: true });
  // What a handler throws, the adapter leaves to whoever called it.
  const server = createServer((request, response) => adapter(request, response).catch(() => response.writeHead(500).end()));
  server.listen(0, '127.0.0.1', () => tell({ port: server.address().port }));
}

const [mode, ...rest] = process.argv.slice(2);
({ socket: connect, webhook: listen })[mode](rest);
