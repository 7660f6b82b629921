// The markdown of cards, as far as messages need it. It becomes nodes of the page, never HTML text.

import { html } from "./vendor/htm-preact.js";
import { Link, Mention, Picture } from "./post.js";

/** Whole lines first: code, headings, lists, rules; the rest is paragraphs of inline markup. */
export function Markdown({ text, names = {} }) {
  const blocks = [];
  const lines = String(text ?? "").replace(/<br\s*\/?>/gi, "\n").split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    if (line.trimStart().startsWith("```")) {
      const end = lines.findIndex((other, place) => place > at && other.trimStart().startsWith("```"));
      const last = end < 0 ? lines.length : end;
      blocks.push(html`<pre class="code-block">${lines.slice(at + 1, last).join("\n")}</pre>`);
      at = last;
      continue;
    }
    const heading = /^(#{1,6})\s+(.*)/.exec(line);
    const item = /^(\s*)([-*]|\d+\.)\s+(.*)/.exec(line);
    if (/^\s*(---+|\*\*\*+|<hr\s*\/?>)\s*$/i.test(line)) blocks.push(html`<hr />`);
    else if (heading) blocks.push(html`<div class=${`heading h${heading[1].length}`}>${inline(heading[2], names)}</div>`);
    else if (item) {
      const sign = item[2].length > 1 ? item[2] : "•";
      blocks.push(html`<div class=${`md-item ${item[1].length > 1 ? "deeper" : ""}`}><span>${sign}</span> <span>${inline(item[3], names)}</span></div>`);
    } else if (line.startsWith("> ")) blocks.push(html`<blockquote>${inline(line.slice(2), names)}</blockquote>`);
    else blocks.push(html`<div class="paragraph">${inline(line, names)}</div>`);
  }
  return html`<div class="markdown">${blocks}</div>`;
}

const COLOURS = ["red", "green", "blue", "grey", "orange", "purple", "yellow", "turquoise", "indigo", "violet", "carmine", "wathet", "lime"];

/** Each form of inline markup: how it looks, and what it becomes. */
const FORMS = [
  [/^`([^`]+)`/, ([, code]) => html`<code>${code}</code>`],
  [/^!\[([^\]]*)\]\(([^)\s]+)\)/, ([, alt, key]) => html`<${Picture} imageKey=${key} alt=${alt} />`],
  [/^\[([^\]]*)\]\(([^)\s]+)\)/, ([, text, href], names) => html`<${Link} href=${href}>${inline(text, names)}<//>`],
  [/^\*\*([^*]+(?:\*[^*]+)*?)\*\*/, ([, text], names) => html`<strong>${inline(text, names)}</strong>`],
  [/^~~(.+?)~~/, ([, text], names) => html`<s>${inline(text, names)}</s>`],
  [/^\*([^*\s][^*]*)\*/, ([, text], names) => html`<em>${inline(text, names)}</em>`],
  [/^<at\s+(?:user_)?ids?=["']?([^"'\s>]+)["']?\s*>([^<]*)<\/at>/i, ([, id, name], names) => html`<${Mention}>${name || names[id] || id}<//>`],
  [
    /^<font\s+color=["']?([\w-]+)["']?\s*>([\s\S]*?)<\/font>/i,
    ([, colour, text], names) => html`<span class=${COLOURS.includes(colour) ? `colour-${colour}` : ""}>${inline(text, names)}</span>`,
  ],
  [/^<a\s+href=["']([^"']+)["']\s*>([^<]*)<\/a>/i, ([, href, text]) => html`<${Link} href=${href}>${text}<//>`],
  [/^https?:\/\/[^\s<>"')]+/, ([href]) => html`<${Link} href=${href}>${href}<//>`],
];

/** @returns {any[]} text and nodes */
function inline(text, names) {
  const out = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    let found = null;
    if (/[`!*[~<h]/.test(rest[0])) {
      for (const [pattern, make] of FORMS) {
        const match = pattern.exec(rest);
        if (match) {
          found = [match[0].length, make(match, names)];
          break;
        }
      }
    }
    if (found) {
      if (plain) out.push(plain);
      plain = "";
      out.push(found[1]);
      at += found[0];
    } else {
      plain += text[at];
      at += 1;
    }
  }
  if (plain) out.push(plain);
  return out;
}
