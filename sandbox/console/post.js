// Text with mentions, and posts with their nodes.

import { html, useState } from "./vendor/htm-preact.js";
import { useText } from "./text.js";

/** An address that a browser may open; anything else is no link. */
export const safe = (href) => (/^(https?:|mailto:)/i.test(String(href ?? "").trim()) ? String(href).trim() : null);

export const Link = ({ href, children }) =>
  safe(href) ? html`<a href=${safe(href)} target="_blank" rel="noopener noreferrer">${children}</a>` : html`<span>${children}</span>`;

export const Mention = ({ children }) => html`<span class="mention">@${children}</span>`;

/** Text in which `@_user_1` is the user of that key, and addresses can be opened. */
export function Words({ text, mentions = [] }) {
  const t = useText();
  const parts = String(text).split(/(@_user_\d+|@_all|https?:\/\/[^\s<>"']+)/);
  return html`<span class="words"
    >${parts.map((part, at) => {
      if (at % 2 === 0) return part;
      if (part === "@_all") return html`<${Mention} key=${at}>${t("everyone")}<//>`;
      const mention = mentions.find((one) => one.key === part);
      if (mention) return html`<${Mention} key=${at}>${mention.name}<//>`;
      return part.startsWith("http") ? html`<${Link} key=${at} href=${part}>${part}<//>` : part;
    })}</span
  >`;
}

/** An image that was uploaded; one that the sandbox does not have is a box with its key. */
export function Picture({ imageKey, alt }) {
  const t = useText();
  const [lost, setLost] = useState(false);
  const key = String(imageKey ?? "");
  return lost || !key
    ? html`<span class="thing" data-test="image"><strong>${t("image")}</strong> <code>${key}</code></span>`
    : html`<img
        class="picture"
        data-test="image"
        src=${`/_sandbox/files/${encodeURIComponent(key)}`}
        alt=${alt || `${t("image")} ${key}`}
        onError=${() => setLost(true)}
      />`;
}

const list = (value) => (Array.isArray(value) ? value : []);

export function Post({ post, mentions }) {
  return html`<div class="post">
    ${post?.title && html`<strong class="title">${String(post.title)}</strong>`}
    ${list(post?.content).map(
      (line, at) => html`<div key=${at} class="paragraph">${list(line).map((node, place) => html`<${Node} key=${place} node=${node ?? {}} mentions=${mentions} />`)}</div>`,
    )}
  </div>`;
}

const STYLES = { bold: "bold", italic: "italic", underline: "underline", lineThrough: "struck" };

function Node({ node, mentions }) {
  const t = useText();
  const style = list(node.style)
    .map((name) => STYLES[name] ?? "")
    .join(" ");
  switch (node.tag) {
    case "text":
    case "md":
      return html`<span class=${style}><${Words} text=${node.text ?? ""} mentions=${mentions} /></span>`;
    case "a":
      return html`<span class=${style}><${Link} href=${node.href}>${String(node.text ?? node.href ?? "")}<//></span>`;
    case "at": {
      const known = mentions?.find((one) => one.key === node.user_id);
      return html`<${Mention}>${node.user_id === "@_all" ? t("everyone") : String(known?.name ?? node.user_name ?? node.user_id ?? "")}<//>`;
    }
    case "img":
      return html`<${Picture} imageKey=${node.image_key} />`;
    case "media":
      return html`<span class="thing"><strong>${t("media")}</strong> <code>${String(node.file_key ?? "")}</code></span>`;
    case "emotion":
      return html`<span>[${String(node.emoji_type ?? "")}]</span>`;
    case "hr":
      return html`<hr />`;
    case "code_block":
      return html`<pre class="code-block">${String(node.text ?? "")}</pre>`;
    default:
      return html`<span class="unknown">${t("unknown_element", String(node.tag))}</span>`;
  }
}
