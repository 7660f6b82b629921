// The box in which one writes as a user.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { post } from "./api.js";
import { useText } from "./text.js";
import { toast } from "./parts.js";

export function Compose({ chat, writers, user, onUser, answered, onAnswered, onSent }) {
  const t = useText();
  const [text, setText] = useState("");
  const box = useRef(null);
  useEffect(() => {
    if (answered) box.current.focus();
  }, [answered?.message_id]);
  const send = async (event) => {
    event?.preventDefault();
    if (!text.trim()) return;
    const body = { user, text, reply_to: answered?.message_id };
    try {
      await post(`chats/${encodeURIComponent(chat)}/messages`, body);
      setText("");
      onAnswered();
      onSent();
    } catch (error) {
      toast(error.message, "error");
    }
  };
  const keys = (event) => {
    // An input method that is still composing takes its own Enter.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
    if (event.key === "Escape") onAnswered();
  };
  return html`<form class="compose" onSubmit=${send}>
    ${answered &&
    html`<p class="replying">
      ${t("replying", answered.sender.name)}: <span>${answered.text}</span>
      <button type="button" class="quiet small" aria-label=${t("close")} onClick=${onAnswered}>×</button>
    </p>`}
    <div class="compose-line">
      <select aria-label=${t("write_as")} data-test="compose-user" value=${user} onChange=${(event) => onUser(event.target.value)}>
        ${writers.map((one) => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}
      </select>
      <textarea
        ref=${box}
        rows="1"
        data-test="compose-text"
        placeholder=${t("write")}
        aria-label=${t("write")}
        value=${text}
        onInput=${(event) => setText(event.target.value)}
        onKeyDown=${keys}
      ></textarea>
      <button type="submit" class="primary" data-test="compose-send">${t("send")}</button>
    </div>
  </form>`;
}
