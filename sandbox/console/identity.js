// As whom a call is sent, and which scopes it wants of the app: granted or missing, and a switch for each.

import { html } from "./vendor/htm-preact.js";
import { post } from "./api.js";
import { useText } from "./text.js";
import { toast } from "./parts.js";

export function Identity({ operation, about, identity, user, onIdentity, onUser, reload }) {
  const t = useText();
  const app = about.apps.find((one) => one.first) || about.apps[0];
  return html`<fieldset class="identity">
    <legend>${t("send_as")}</legend>
    ${operation.tokens.length === 0 && html`<p class="hint">${t("no_token")}</p>`}
    <div class="choices">
      ${operation.tokens.map(
        (kind) => html`<label key=${kind}>
          <input
            type="radio"
            name="identity"
            value=${kind}
            data-test=${`identity-${kind}`}
            checked=${kind === identity}
            onChange=${() => onIdentity(kind)}
          />
          ${t(kind)}
        </label>`,
      )}
      ${identity === "user" &&
      html`<select aria-label=${t("user")} data-test="identity-who" value=${user} onChange=${(event) => onUser(event.target.value)}>
        ${about.users.map((one) => html`<option key=${one.open_id} value=${one.open_id}>${one.name}</option>`)}
      </select>`}
    </div>
    <p class="hint">${t(operation.scopes.length ? "any_of" : "no_scopes")}</p>
    <${ScopeList} scopes=${operation.scopes} app=${app} reload=${reload} />
  </fieldset>`;
}

/** Scopes as switches. @param {{scopes: string[], app: {id: string, scopes: string[] | null}}} props */
export function ScopeList({ scopes, app, reload }) {
  const t = useText();
  const has = (scope) => !app?.scopes || app.scopes.includes(scope);
  const turn = async (scope) => {
    await post("scopes", { scope, granted: !has(scope), app: app.id }).catch((error) => toast(error.message, "error"));
    reload();
  };
  return html`<ul class="scopes">
    ${scopes.map(
      (scope) => html`<li key=${scope}>
        <button
          type="button"
          role="switch"
          class="scope"
          data-test=${`scope-${scope}`}
          aria-checked=${String(has(scope))}
          title=${t(has(scope) ? "revoke" : "grant", scope)}
          onClick=${() => turn(scope)}
        >
          <span class="knob" aria-hidden="true"></span><code>${scope}</code> <small>${t(has(scope) ? "granted" : "missing")}</small>
        </button>
      </li>`,
    )}
  </ul>`;
}
