// The frame of the console: navigation, theme, language, and the view that the address names.

import { html, render, useEffect, useState } from "./vendor/htm-preact.js";
import { useLoaded } from "./api.js";
import { useLive } from "./live.js";
import { useRoute } from "./route.js";
import { LANGUAGES, chosenLanguage, Language, t } from "./text.js";
import { Toasts } from "./parts.js";
import { Explorer } from "./explorer.js";
import { Chats } from "./chats.js";
import { Logs } from "./logs.js";
import { Scopes } from "./scopes.js";

const VIEWS = { explorer: Explorer, chats: Chats, logs: Logs, scopes: Scopes };
const THEMES = ["auto", "light", "dark"];

/** Something small that the browser remembers; without storage it is forgotten with the page. */
function remembered(name, fallback) {
  try {
    return localStorage.getItem(name) || fallback;
  } catch {
    return fallback;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A private window: the choice holds until it is closed.
  }
}

/** Not while somebody types. */
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

function shortcuts(event) {
  if (event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
}

function Frame() {
  const [language, setLanguage] = useState(chosenLanguage(remembered("language", "")));
  const [theme, setTheme] = useState(remembered("theme", "auto"));
  const { view, rest } = useRoute();
  const live = useLive();
  const about = useLoaded("about", [live.version]);
  useEffect(() => {
    document.documentElement.lang = language;
    remember("language", language);
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    remember("theme", theme);
  }, [theme]);
  useEffect(() => {
    addEventListener("keydown", shortcuts);
    return () => removeEventListener("keydown", shortcuts);
  }, []);
  useEffect(() => {
    document.title = `${t(language, view)} · Flybook`;
  }, [language, view]);
  const View = VIEWS[view];
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const other = LANGUAGES.find((one) => one !== language);
  return html`<${Language.Provider} value=${language}>
    <a class="skip" href="#main" onClick=${skip}>${t(language, "skip")}</a>
    <header class="bar">
      <a class="brand" href="#/explorer"><img src="/assets/icon.svg" alt="" width="22" height="22" />Flybook</a>
      <nav aria-label=${t(language, "views")}>
        ${Object.keys(VIEWS).map(
          (name) => html`<a
            key=${name}
            href=${`#/${name}`}
            data-test=${`nav-${name}`}
            aria-current=${name === view ? "page" : null}
            >${t(language, name)}</a
          >`,
        )}
      </nav>
      <span
        class="live"
        role="img"
        data-test="live"
        data-state=${live.state}
        title=${t(language, `live_${live.state}`)}
        aria-label=${t(language, `live_${live.state}`)}
      ></span>
      <button class="quiet" data-test="theme" title=${t(language, "theme")} onClick=${() => setTheme(next)}>
        ${t(language, `theme_${theme}`)}
      </button>
      <button class="quiet" data-test="language" lang=${other} onClick=${() => setLanguage(other)}>
        ${t(other, "language")}
      </button>
    </header>
    <main id="main" tabindex="-1">
      ${about.problem && html`<p class="problem" role="alert">${about.problem}</p>`}
      ${about.data && html`<${View} rest=${rest} about=${about.data} version=${live.version} reload=${about.reload} />`}
    </main>
    <${Toasts} />
  <//>`;
}

// The address is the route, so a link to a place on the page would leave the view.
function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

render(html`<${Frame} />`, document.getElementById("app"));
