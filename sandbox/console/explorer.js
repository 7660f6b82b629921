// The explorer: choose an operation, fill in its form, send it, see the reply and the code for it.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { post, useLoaded } from "./api.js";
import { useText } from "./text.js";
import { Badge, Copy, Doc, Method } from "./parts.js";
import { to } from "./route.js";
import { Operations } from "./operations.js";
import { Form } from "./form.js";
import { Identity } from "./identity.js";
import { Reply } from "./reply.js";
import { Samples } from "./samples.js";

/** Values that another view hands over, for the operation that is opened next. */
let handed = null;

/** Opens an operation with these values. */
export function openWith(operation, values) {
  handed = { operation, values };
  location.hash = to("explorer", operation);
}

/** What was filled in, by operation, as long as the page lives. */
const kept = new Map();

export function Explorer({ rest, about, version, reload }) {
  const t = useText();
  const catalog = useLoaded("catalog");
  const loaded = useLoaded(rest ? `catalog/${encodeURIComponent(rest)}` : null);
  return html`<div class=${`explorer ${rest ? "chosen" : ""}`}>
    ${catalog.data && html`<${Operations} operations=${catalog.data.operations} chosen=${rest} />`}
    ${loaded.problem && html`<p class="problem" role="alert">${loaded.problem}</p>`}
    ${loaded.data
      ? html`<${Operation} key=${rest} ...${loaded.data} about=${about} version=${version} reload=${reload} />`
      : !rest && html`<${Start} about=${about} />`}
  </div>`;
}

/** What a newcomer needs before anything is chosen. */
function Start({ about }) {
  const t = useText();
  const facts = [
    [t("base_url"), location.origin],
    ...about.apps.map((app) => [t("app_id"), app.id]),
    [t("app_secret")],
    [t("chat_id"), about.chat_id],
    ...about.users.map((user) => [t("open_id", user.name), user.open_id]),
  ];
  return html`<section class="start">
    <h1>${t("start")}</h1>
    <p>${t("start_hint")}</p>
    <dl>
      ${facts.map(
        ([name, value]) => html`<div key=${value ?? name}>
          <dt>${name}</dt>
          <dd>${value ? html`<code>${value}</code> <${Copy} text=${value} />` : html`<span class="hint">${t("app_secret_hint")}</span>`}</dd>
        </div>`,
      )}
    </dl>
  </section>`;
}

function Operation({ operation, types, examples, about, reload }) {
  const t = useText();
  const [values, setValues] = useState(() => {
    const given = handed?.operation === operation.id ? handed.values : null;
    handed = null;
    return given || kept.get(operation.id) || {};
  });
  const [identity, setIdentity] = useState(operation.tokens[0]);
  const [user, setUser] = useState(about.users[0]?.open_id);
  const [reply, setReply] = useState(null);
  const [sending, setSending] = useState(false);
  const [filled, setFilled] = useState(0);
  const answer = useRef(null);
  useEffect(() => {
    kept.set(operation.id, values);
  }, [values]);
  const call = { operation: operation.id, values, identity, user: identity === "user" ? user : undefined };
  const send = async (event) => {
    event?.preventDefault();
    if (sending) return;
    setSending(true);
    const sent = await post("send", call).catch((error) => ({ problem: error.message }));
    setReply(sent);
    setSending(false);
    if (answer.current && answer.current.getBoundingClientRect().top > innerHeight) answer.current.scrollIntoView();
  };
  const keys = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event);
  };
  const fill = (next) => {
    setValues(next);
    setFilled(filled + 1);
  };
  return html`<div class="operation" onKeyDown=${keys}>
    <section class="call">
      <a class="back" href=${to("explorer")}>‹ ${t("back")}</a>
      <${Head} operation=${operation} />
      <form onSubmit=${send} noValidate>
        <${Identity}
          operation=${operation}
          about=${about}
          identity=${identity}
          user=${user}
          onIdentity=${setIdentity}
          onUser=${setUser}
          reload=${reload}
        />
        <${Form} key=${filled} fields=${operation.parameters} types=${types} values=${values} onChange=${setValues} />
        <div class="send">
          <button type="submit" class="primary" data-test="send" disabled=${sending}>${t(sending ? "sending" : "send")}</button>
          <kbd>${t("send_hint")}</kbd>
          <button type="button" data-test="fill-examples" onClick=${() => fill(examples)}>${t("fill")}</button>
          <button type="button" class="quiet" data-test="clear" onClick=${() => fill({})}>${t("clear")}</button>
        </div>
      </form>
    </section>
    <section class="answer" ref=${answer}>
      <${Reply} reply=${reply} />
      <${Samples} call=${call} />
    </section>
  </div>`;
}

function Head({ operation }) {
  const t = useText();
  const instead = operation.deprecated?.use;
  const rates = operation.rate.map((rate) => `${rate.requests} / ${rate.seconds === 60 ? "min" : rate.seconds === 1 ? "s" : `${rate.seconds} s`}`);
  return html`<header class="head">
    <h1 data-test="operation">${operation.id}</h1>
    ${operation.deprecated &&
    html`<p class="warning">
      <${Badge} tone="warn">${t("deprecated")}<//> ${instead && html`<a href=${to("explorer", instead)}>${t("instead", instead)}</a>`}
    </p>`}
    <p><${Doc} text=${operation.doc} /></p>
    <p class="facts">
      <${Method} name=${operation.method} /> <code>${operation.path}</code>
      ${rates.length > 0 && html`<span>${t("rate")}: ${rates.join(", ")}</span>`}
      ${operation.page &&
      html`<a href=${`https://open.feishu.cn/document${operation.page}`} target="_blank" rel="noreferrer">${t("reference")} ↗</a>`}
    </p>
    ${operation.errors.length > 0 &&
    html`<details class="errors" data-test="errors">
      <summary>${t("errors")} <span class="count">${operation.errors.length}</span></summary>
      <dl>
        ${operation.errors.map(
          (error) => html`<div key=${error.code}>
            <dt><code>${error.code}</code></dt>
            <dd><${Doc} text=${error.doc} /></dd>
          </div>`,
        )}
      </dl>
    </details>`}
  </header>`;
}
