// The code that makes the call of the form: Rust and cURL, changing as one types.

import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { post } from "./api.js";
import { useText } from "./text.js";
import { Copy } from "./parts.js";

const TABS = [
  ["rust", "Rust"],
  ["cargo", "Cargo.toml"],
  ["curl", "cURL"],
];
/** How long to wait after a key until the code is asked for. */
const PAUSE = 250;

export function Samples({ call }) {
  const t = useText();
  const [tab, setTab] = useState("rust");
  const [samples, setSamples] = useState({});
  // A file is its name in the code.
  const asked = JSON.stringify(call, (name, value) => (name === "base64" ? "" : value));
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(() => {
      post("samples", JSON.parse(asked)).then(
        (made) => wanted && setSamples(made),
        (error) => wanted && setSamples({ [tab]: error.message }),
      );
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [asked]);
  const turn = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = TABS.findIndex(([name]) => name === tab);
    const [name] = TABS[(at + step + TABS.length) % TABS.length];
    setTab(name);
    event.currentTarget.querySelector(`#tab-${name}`).focus();
  };
  const code = samples[tab] || "";
  return html`<div class="samples">
    <h2>${t("sample_code")}</h2>
    <div class="tabs" role="tablist" aria-label=${t("sample_code")} onKeyDown=${turn}>
      ${TABS.map(
        ([name, title]) => html`<button
          key=${name}
          id=${`tab-${name}`}
          type="button"
          role="tab"
          data-test=${`tab-${name}`}
          aria-selected=${String(name === tab)}
          aria-controls="sample-panel"
          tabindex=${name === tab ? 0 : -1}
          onClick=${() => setTab(name)}
        >
          ${title}
        </button>`,
      )}
      <${Copy} text=${code} test="copy-sample" />
    </div>
    <pre id="sample-panel" role="tabpanel" aria-labelledby=${`tab-${tab}`} tabindex="0" data-test="sample-code">${code}</pre>
    <p class="hint">${t(`hint_${tab}`)}</p>
  </div>`;
}
