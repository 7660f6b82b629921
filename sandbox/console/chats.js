// The chats as the users see them, live: a list, and the messages of one.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { useLoaded } from "./api.js";
import { useText } from "./text.js";
import { arrows, clock } from "./parts.js";
import { to } from "./route.js";
import { Message } from "./message.js";
import { Compose } from "./compose.js";

export function Chats({ rest, about, version }) {
  const t = useText();
  const { data, problem } = useLoaded("chats", [version]);
  const [user, setUser] = useState(about.users[0]?.open_id);
  const chat = rest || data?.chats[0]?.chat_id;
  const shown = data?.chats.find((one) => one.chat_id === chat);
  return html`<div class=${`chats ${rest ? "chosen" : ""}`}>
    <nav class="chat-list" aria-label=${t("chats")} onKeyDown=${(event) => arrows(event, "a")}>
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      ${data?.chats.map((one) => html`<${Line} key=${one.chat_id} one=${one} chosen=${one.chat_id === chat} />`)}
    </nav>
    ${shown && html`<${Chat} key=${chat} chat=${shown} version=${version} user=${user} onUser=${setUser} />`}
  </div>`;
}

/** What a chat is called; one that was never given a name bears its id. */
const title = (chat, t) => (chat.name !== chat.chat_id && chat.name) || (chat.alone ? t("alone", chat.with?.name ?? "…") : t("group", chat.chat_id.slice(3, 13)));

function Line({ one, chosen }) {
  const t = useText();
  return html`<a href=${to("chats", one.chat_id)} data-test=${`chat-${one.chat_id}`} aria-current=${chosen ? "true" : null}>
    <span class="avatar" aria-hidden="true">${one.alone ? "@" : "#"}</span>
    <span class="chat-about">
      <strong>${title(one, t)}</strong>
      <span class="last">${one.last ? `${one.last.sender.name}: ${one.last.text}` : ""}</span>
    </span>
    ${one.last && html`<time>${clock(one.last.time, t.language).slice(0, 5)}</time>`}
  </a>`;
}

function Chat({ chat, version, user: wanted, onUser }) {
  const t = useText();
  // Only members write; who was chosen elsewhere may not be one.
  const user = (chat.writers.find((one) => one.id === wanted) ?? chat.writers[0])?.id;
  const { data, problem, reload } = useLoaded(`chats/${encodeURIComponent(chat.chat_id)}/messages`, [version]);
  const [answered, setAnswered] = useState(null);
  const list = useRef(null);
  const atEnd = useRef(true);
  useEffect(() => {
    // Whoever reads further up is left there.
    if (atEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [data]);
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = list.current;
    atEnd.current = scrollHeight - scrollTop - clientHeight < 40;
  };
  const messages = data?.messages ?? [];
  const byId = new Map(messages.map((message) => [message.message_id, message]));
  return html`<section class="chat" aria-label=${title(chat, t)}>
    <header>
      <a class="back" href=${to("chats")}>‹ ${t("back")}</a>
      <h1>${title(chat, t)}</h1>
      <code>${chat.chat_id}</code>
    </header>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <div class="messages" ref=${list} onScroll=${scrolled} role="log" aria-live="polite" tabindex="0" data-test="messages">
      ${data?.earlier > 0 && html`<p class="hint">${t("earlier", data.earlier)}</p>`}
      ${data && messages.length === 0 && html`<p class="empty">${t("no_messages")}</p>`}
      ${messages.map(
        (message) => html`<${Message}
          key=${message.message_id}
          message=${message}
          parent=${byId.get(message.parent_id)}
          user=${user}
          onReply=${() => setAnswered(message)}
          reload=${reload}
        />`,
      )}
    </div>
    ${!user && html`<p class="compose hint">${t("no_writers")}</p>`}
    ${user &&
    html`<${Compose}
      chat=${chat.chat_id}
      writers=${chat.writers}
      user=${user}
      onUser=${onUser}
      answered=${answered && (byId.get(answered.message_id) ?? answered)}
      onAnswered=${() => setAnswered(null)}
      onSent=${() => {
        atEnd.current = true;
        reload();
      }}
    />`}
  </section>`;
}
