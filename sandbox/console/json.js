// JSON to read: indented, coloured, and folded where it is long.

import { html, useState } from "./vendor/htm-preact.js";
import { useText } from "./text.js";
import { Copy } from "./parts.js";

/** Deeper than this, and longer than that, a value begins folded. */
const DEEP = 5;
const LONG = 30;

/** A whole value with a button that copies it. */
export function Json({ value, test }) {
  const text = JSON.stringify(value, null, 2);
  return html`<div class="json" data-test=${test}>
    <${Copy} text=${text} />
    <div class="tree"><${Node} value=${value} depth=${0} last=${true} /></div>
  </div>`;
}

function Node({ name, value, depth, last }) {
  const t = useText();
  const entries = value !== null && typeof value === "object" ? Object.entries(value) : null;
  const [open, setOpen] = useState(depth < DEEP && (!entries || entries.length <= LONG || depth === 0));
  const comma = last ? "" : ",";
  const label = name === undefined ? "" : html`<span class="name">${JSON.stringify(name)}</span>: `;
  if (!entries) {
    return html`<div class="line">${label}<span class=${kind(value)}>${JSON.stringify(value)}</span>${comma}</div>`;
  }
  const [begin, end] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return html`<div class="line">${label}${begin}${end}${comma}</div>`;
  const fold = html`<button
    type="button"
    class="fold"
    aria-expanded=${String(open)}
    aria-label=${`${t(open ? "collapse" : "expand")} ${name ?? ""}`}
    onClick=${() => setOpen(!open)}
  >
    ${open ? "▾" : "▸"}
  </button>`;
  if (!open) {
    return html`<div class="line">${fold}${label}${begin}<span class="folded">… ${entries.length}</span>${end}${comma}</div>`;
  }
  return html`<div>
    <div class="line">${fold}${label}${begin}</div>
    <div class="inner">
      ${entries.map(
        ([key, member], at) =>
          html`<${Node}
            key=${key}
            name=${Array.isArray(value) ? undefined : key}
            value=${member}
            depth=${depth + 1}
            last=${at === entries.length - 1}
          />`,
      )}
    </div>
    <div class="line">${end}${comma}</div>
  </div>`;
}

const kind = (value) => (value === null ? "null" : typeof value);
