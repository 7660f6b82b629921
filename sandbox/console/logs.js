// The logs: every call, live, with filters; and all about one of them.

import { html, useState } from "./vendor/htm-preact.js";
import { useLoaded } from "./api.js";
import { useText } from "./text.js";
import { Badge, Method, arrows, clock, duration, size } from "./parts.js";
import { Json } from "./json.js";
import { Advice } from "./reply.js";
import { openWith } from "./explorer.js";
import { to } from "./route.js";

const FILTERS = [
  ["log_id", "log_id"],
  ["code", "code"],
  ["endpoint", "filter_endpoint"],
];

export function Logs({ rest, version }) {
  const t = useText();
  const [wanted, setWanted] = useState({ log_id: "", code: "", endpoint: "" });
  const query = new URLSearchParams(Object.entries(wanted).map(([name, value]) => [name, value.trim()]));
  const { data, problem } = useLoaded(`calls?${query}`, [version]);
  const last = useLast(data);
  return html`<div class=${`logs ${rest ? "chosen" : ""}`}>
    <section class="calls" aria-label=${t("logs")}>
      <div class="filters" role="search">
        ${FILTERS.map(
          ([name, label], at) => html`<label key=${name}
            >${t(label)}
            <input
              type="search"
              data-search=${at === 0}
              data-test=${`filter-${name}`}
              value=${wanted[name]}
              onInput=${(event) => setWanted({ ...wanted, [name]: event.target.value })}
          /></label>`,
        )}
      </div>
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      ${last && last.calls.length === 0 && html`<p class="empty">${t("no_calls")}</p>`}
      <ul class="rows" onKeyDown=${(event) => arrows(event, "a")}>
        ${last?.calls.map((call) => html`<${Line} key=${call.log_id} call=${call} chosen=${call.log_id === rest} />`)}
      </ul>
    </section>
    ${rest ? html`<${Call} key=${rest} logId=${rest} />` : html`<p class="empty beside">${t("choose_call")}</p>`}
  </div>`;
}

/** The latest answer there was, so that the list does not blink while a filter is typed. */
function useLast(data) {
  const [last, setLast] = useState(null);
  if (data && data !== last) setLast(data);
  return data || last;
}

function Line({ call, chosen }) {
  const t = useText();
  return html`<li>
    <a href=${to("logs", call.log_id)} data-test="log-row" data-logid=${call.log_id} aria-current=${chosen ? "true" : null}>
      <${Method} name=${call.method} />
      <span class="what">${call.operation || call.path}</span>
      <${Badge} tone=${call.code ? "bad" : "good"}>${call.code || call.status}<//>
      <span class="small-facts">
        <time>${clock(call.time, t.language)}</time>
        <span>${duration(call.millis)}</span>
        ${call.identity && html`<span>${t(call.identity)}</span>`}
        ${call.sample && html`<span>${t("sample")}</span>`}
      </span>
    </a>
  </li>`;
}

function Call({ logId }) {
  const t = useText();
  const { data: call, problem } = useLoaded(`calls/${encodeURIComponent(logId)}`);
  if (problem) {
    return html`<section class="call-detail">
      <a class="back" href=${to("logs")}>‹ ${t("back")}</a>
      <p class="problem" role="alert">${problem}</p>
    </section>`;
  }
  if (!call) return null;
  return html`<section class="call-detail" data-test="log-detail" aria-label=${t("call")}>
    <a class="back" href=${to("logs")}>‹ ${t("back")}</a>
    <h1>${call.operation || t("call")}</h1>
    <p><code class="wrap"><${Method} name=${call.method} /> ${call.path}</code></p>
    <dl class="figures">
      <div><dt>${t("status")}</dt><dd><${Badge} tone=${call.status < 400 ? "good" : "bad"}>${call.status}<//></dd></div>
      <div><dt>${t("code")}</dt><dd><${Badge} tone=${call.code ? "bad" : "good"} data-test="log-code">${call.code}<//></dd></div>
      <div><dt>${t("time_taken")}</dt><dd>${duration(call.millis)}</dd></div>
      <div><dt>${t("when")}</dt><dd>${clock(call.time, t.language)}</dd></div>
      ${call.identity && html`<div><dt>${t("identity")}</dt><dd>${t(call.identity)}</dd></div>`}
      <div class="wide"><dt>${t("log_id")}</dt><dd><code data-test="log-id">${call.log_id}</code></dd></div>
      ${call.sample && html`<div><dd><${Badge} tone="warn">${t("sample")}<//></dd></div>`}
    </dl>
    <${Advice} advice=${call.advice} />
    <h2>${t("request")}</h2>
    <${Json} value=${call.arguments} test="log-request" />
    ${call.unknown.length > 0 && html`<p class="hint">${t("unknown_sent")}: <code>${call.unknown.join(", ")}</code></p>`}
    ${call.operation &&
    html`<button type="button" data-test="open-in-explorer" onClick=${() => openWith(call.operation, call.arguments)}>${t("open_in_explorer")}</button>`}
    <h2>${t("reply")}</h2>
    ${call.reply === null
      ? html`<p class="hint">${t("reply_not_kept", size(call.size))}</p>`
      : html`<${Json} value=${call.reply} test="log-reply" />`}
  </section>`;
}
