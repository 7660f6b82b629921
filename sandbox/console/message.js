// One message: who, when, what, and how the event that tells of it fared. Whatever a message holds is text, never markup.

import { html } from "./vendor/htm-preact.js";
import { useText } from "./text.js";
import { clock } from "./parts.js";
import { Card } from "./card.js";
import { Picture, Post, Words } from "./post.js";

export function Message({ message, parent, user, onReply, reload }) {
  const t = useText();
  const mine = message.sender.id === user;
  const bot = message.sender.type === "app";
  return html`<article
    class=${`message ${mine ? "mine" : ""} ${bot ? "bot" : ""}`}
    data-test="message"
    data-id=${message.message_id}
    data-type=${message.msg_type}
  >
    <span class="avatar" aria-hidden="true">${message.sender.name.slice(0, 1)}</span>
    <div class="said">
      <p class="who">
        <strong>${bot ? t("bot") : message.sender.name}</strong> <time>${clock(message.time, t.language)}</time>
        ${message.thread_id && html`<small>${t("in_thread")}</small>`}
        ${message.edited && html`<small>${t("edited")}</small>`}
        <button type="button" class="quiet small" data-test="reply-to" onClick=${onReply}>${t("reply_to")}</button>
      </p>
      ${parent && html`<p class="parent">${t("in_reply", parent.sender.type === "app" ? t("bot") : parent.sender.name)}: ${parent.text}</p>`}
      <div class="bubble" data-test="content">
        ${message.deleted
          ? html`<em class="hint">${t("recalled")}</em>`
          : html`<${Content} message=${message} user=${user} reload=${reload} />`}
      </div>
      <${Reactions} reactions=${message.reactions} />
      ${message.deliveries?.map((one) => html`<${Delivery} key=${one.event_id} delivery=${one} />`)}
    </div>
  </article>`;
}

function Content({ message, user, reload }) {
  const t = useText();
  const { msg_type: type, content, mentions } = message;
  const named = (label, detail) => html`<span class="thing"><strong>${t(label)}</strong> ${detail && html`<code>${String(detail)}</code>`}</span>`;
  switch (type) {
    case "text":
      return html`<${Words} text=${String(content?.text ?? "")} mentions=${mentions} />`;
    case "post":
      return html`<${Post} post=${content} mentions=${mentions} />`;
    case "image":
      return html`<${Picture} imageKey=${content?.image_key} />`;
    case "interactive":
      return html`<${Card} message=${message} user=${user} reload=${reload} />`;
    case "file":
    case "audio":
    case "media":
    case "sticker":
      return named(type, content?.file_name ?? content?.file_key);
    case "share_chat":
      return named(type, content?.chat_id);
    case "share_user":
      return named(type, content?.user_id);
    case "system":
      return html`<hr /><span class="hint">${message.text}</span>`;
    default:
      return html`<span class="thing">${t("unknown_message", type)}</span>`;
  }
}

const EMOJI = { THUMBSUP: "👍", OK: "👌", SMILE: "😊", HEART: "❤️", DONE: "✅", CLAP: "👏", LAUGH: "😄", JIAYI: "➕1️⃣", Fire: "🔥", PARTY: "🎉" };

function Reactions({ reactions }) {
  if (!reactions?.length) return null;
  return html`<p class="reactions" data-test="reactions">
    ${reactions.map(
      (one) => html`<span key=${one.emoji} class="reaction" title=${`${one.emoji}: ${(one.names ?? []).join(", ")}`}>
        ${EMOJI[one.emoji] ?? one.emoji} ${one.count > 1 ? one.count : ""}
      </span>`,
    )}
  </p>`;
}

const SIGNS = { under_way: "…", taken: "✓", waits: "↻", failed: "!" };

/** How the event that tells an app of this message fared. */
function Delivery({ delivery }) {
  const t = useText();
  const next = delivery.next ? clock(delivery.next, t.language) : "";
  return html`<details class=${`delivery ${delivery.state}`} data-test="delivery" data-state=${delivery.state}>
    <summary><span aria-hidden="true">${SIGNS[delivery.state]}</span> ${t(`d_${delivery.state}`, next)}</summary>
    <p>
      <code>${delivery.event_type}</code> → <code>${delivery.app}</code>, ${t("attempts", delivery.attempts)}
      ${delivery.why && html`<br />${delivery.why} (${delivery.code})`}
    </p>
  </details>`;
}
