// Small parts that several views use: buttons that copy, toasts, badges, times and sizes.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { useText } from "./text.js";

/** Puts text on the clipboard, and says so. */
export function Copy({ text, test }) {
  const t = useText();
  const [said, setSaid] = useState(null);
  const timer = useRef(null);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
    setSaid(done ? "copied" : "copy_failed");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSaid(null), 2000);
  };
  return html`<button type="button" class="small" data-test=${test} onClick=${copy}>
    <span aria-live="polite">${t(said || "copy")}</span>
  </button>`;
}

let show = () => {};

/** Shows a short text for some seconds. @param {"info" | "success" | "warning" | "error"} type */
export const toast = (text, type = "info") => show({ text, type });

/** Where toasts appear. */
export function Toasts() {
  const t = useText();
  const [shown, setShown] = useState([]);
  useEffect(() => {
    let made = 0;
    show = (one) => {
      const mine = { ...one, id: ++made };
      setShown((before) => [...before.slice(-2), mine]);
      setTimeout(() => setShown((before) => before.filter((other) => other.id !== mine.id)), 6000);
    };
    return () => {
      show = () => {};
    };
  }, []);
  const close = (id) => setShown((before) => before.filter((other) => other.id !== id));
  return html`<div class="toasts" role="status" aria-live="polite">
    ${shown.map(
      (one) => html`<div key=${one.id} class=${`toast ${one.type}`} data-test="toast" data-type=${one.type}>
        <span>${one.text}</span>
        <button class="quiet small" aria-label=${t("close")} onClick=${() => close(one.id)}>×</button>
      </div>`,
    )}
  </div>`;
}

/** A short coloured word. @param {"good" | "bad" | "warn" | "plain"} tone */
export const Badge = ({ tone = "plain", children, ...rest }) =>
  html`<span class=${`badge ${tone}`} ...${rest}>${children}</span>`;

export const Method = ({ name }) => html`<span class=${`method ${String(name).toLowerCase()}`}>${name}</span>`;

/** A sentence of the spec, in which backticks mark what is code. */
export const Doc = ({ text }) => String(text ?? "").split("`").map((part, at) => (at % 2 ? html`<code key=${at}>${part}</code>` : part));

/** How long something took, as people say it. */
export const duration = (millis) =>
  millis < 1 ? `${Math.max(1, Math.round(millis * 1000))} µs` : millis < 1000 ? `${millis.toFixed(1)} ms` : `${(millis / 1000).toFixed(2)} s`;

/** How large something is. */
export const size = (bytes) =>
  bytes < 1024 ? `${bytes} B` : bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;

/** The time of day, by the sandbox's clock. */
export const clock = (millis, language) =>
  new Date(millis).toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB");

/** Moves the focus among the elements that `selector` finds: for arrow keys in lists. */
export function arrows(event, selector) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const all = [...event.currentTarget.querySelectorAll(selector)].filter((one) => one.offsetParent);
  const at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}
