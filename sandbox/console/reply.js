// The reply of a call: status, code, log id, time, what the reference says of an error, and the body.

import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { useText } from "./text.js";
import { Badge, Doc, duration, size } from "./parts.js";
import { Json } from "./json.js";
import { to } from "./route.js";

export function Reply({ reply }) {
  const t = useText();
  return html`<div class="reply" aria-live="polite">
    <h2>${t("reply")}</h2>
    ${!reply && html`<p class="empty">${t("no_reply")}</p>`}
    ${reply?.problem && html`<p class="problem" role="alert">${reply.problem}</p>`}
    ${reply && !reply.problem && html`<${Answer} reply=${reply} />`}
  </div>`;
}

function Answer({ reply }) {
  const t = useText();
  const good = reply.status < 400 && !reply.code;
  return html`<dl class="figures">
      <div>
        <dt>${t("status")}</dt>
        <dd><${Badge} tone=${good ? "good" : "bad"} data-test="reply-status">${reply.status}<//></dd>
      </div>
      ${reply.code !== null &&
      html`<div>
        <dt>${t("code")}</dt>
        <dd><${Badge} tone=${reply.code ? "bad" : "good"} data-test="reply-code">${reply.code}<//></dd>
      </div>`}
      <div>
        <dt>${t("time_taken")}</dt>
        <dd data-test="reply-time">${duration(reply.millis)}</dd>
      </div>
      <div class="wide">
        <dt>${t("log_id")}</dt>
        <dd><a data-test="reply-logid" href=${to("logs", reply.log_id)}>${reply.log_id}</a></dd>
      </div>
      ${Object.entries(reply.limits || {}).map(
        ([name, value]) => html`<div key=${name} class="wide">
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
      )}
      ${reply.sample &&
      html`<div class="wide">
        <dd><${Badge} tone="warn" data-test="reply-sample">${t("sample")}<//> <small>X-Flybook-Sample: ${t("sample_hint")}</small></dd>
      </div>`}
    </dl>
    <${Advice} advice=${reply.advice} />
    <p class="line-of-request"><code>${reply.request.method} ${reply.request.path}</code></p>
    ${reply.file ? html`<${File} file=${reply.file} bytes=${reply.size} />` : html`<${Json} value=${reply.reply} test="reply-json" />`}`;
}

/** What the reference says about an error. */
export function Advice({ advice }) {
  const t = useText();
  if (!advice) return null;
  return html`<p class="advice" data-test="advice"><strong>${t(`advice_${advice.of}`)}:</strong> <${Doc} text=${advice.doc} /></p>`;
}

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"];

/** Text such as the page of a gateway that failed. */
const decoded = (base64) => new TextDecoder().decode(Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)));

function File({ file, bytes }) {
  const t = useText();
  const [address, setAddress] = useState(null);
  useEffect(() => {
    if (!file.base64) return undefined;
    const content = Uint8Array.from(atob(file.base64), (one) => one.charCodeAt(0));
    // Never as the page's own kind: a file that says it is HTML is shown to nobody.
    const type = PICTURES.includes(file.type) ? file.type : "application/octet-stream";
    const made = URL.createObjectURL(new Blob([content], { type }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return html`<p data-test="reply-file">${t("file_reply", file.name, size(bytes))}</p>
    ${address && PICTURES.includes(file.type) && html`<img class="picture" src=${address} alt=${file.name} />`}
    ${file.base64 && file.type.startsWith("text/") && html`<pre class="sheet">${decoded(file.base64)}</pre>`}
    ${address && html`<a class="button" href=${address} download=${file.name}>${t("download")}</a>`}`;
}
