// The scopes that the calls so far needed, and the JSON that asks for them.

import { html } from "./vendor/htm-preact.js";
import { useLoaded } from "./api.js";
import { useText } from "./text.js";
import { Badge, Copy } from "./parts.js";
import { ScopeList } from "./identity.js";
import { to } from "./route.js";

export function Scopes({ about, version, reload }) {
  const t = useText();
  const { data, problem } = useLoaded("scopes", [version]);
  const app = about.apps.find((one) => one.first) || about.apps[0];
  if (problem) return html`<p class="problem" role="alert">${problem}</p>`;
  if (!data) return null;
  const missing = [...new Set([...data.missing.tenant, ...data.missing.user])];
  const json = JSON.stringify(data.import, null, 2);
  return html`<div class="scopes-view">
    <section>
      <h1>${t("scopes")}</h1>
      <p>${t("scopes_intro")}</p>
      ${data.everything && html`<p class="hint">${t("everything")}</p>`}
      ${data.needs.length === 0 && html`<p class="empty">${t("no_needs")}</p>`}
      <ul class="needs">
        ${data.needs.map(
          (need) => html`<li key=${need.operation + need.identity} data-test="need" data-operation=${need.operation}>
            <p>
              <a href=${to("explorer", need.operation)}>${need.operation}</a>
              <${Badge}>${t(need.identity)}<//> <small>${t("calls_times", need.calls)}</small>
              <${Badge} tone=${need.granted ? "good" : "bad"}>${t(need.granted ? "granted" : "missing")}<//>
            </p>
            <${ScopeList} scopes=${need.scopes.map((scope) => scope.name)} app=${app} reload=${reload} />
          </li>`,
        )}
      </ul>
    </section>
    <section>
      <h2>${t("missing_now")}</h2>
      ${missing.length
        ? html`<${ScopeList} scopes=${missing} app=${app} reload=${reload} />`
        : html`<p class="hint" data-test="nothing-missing">${t("nothing_missing")}</p>`}
      <h2>${t("import_json")}</h2>
      <div class="code-box">
        <${Copy} text=${json} test="copy-scopes" />
        <pre data-test="scopes-json" tabindex="0">${json}</pre>
      </div>
    </section>
  </div>`;
}
