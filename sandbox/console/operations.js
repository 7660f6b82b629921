// The list of operations, by service and resource, with search.

import { html, useEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { useText } from "./text.js";
import { Method, arrows } from "./parts.js";
import { to } from "./route.js";

/** @param {{id: string, doc: string, path: string}[]} operations @param {string} query every word must occur */
export function search(operations, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (text) => words.every((word) => text.toLowerCase().includes(word));
  const found = operations.filter((one) => holds(`${one.id} ${one.method} ${one.path} ${one.doc}`));
  // What has the words in its name comes before what only speaks of them.
  return [...found.filter((one) => holds(one.id)), ...found.filter((one) => !holds(one.id))];
}

/** Service and version → resource → operations, in the order of the catalog. */
function grouped(operations) {
  const services = new Map();
  for (const one of operations) {
    const service = `${one.service} ${one.version}`;
    const resources = services.get(service) || services.set(service, new Map()).get(service);
    const list = resources.get(one.resource) || resources.set(one.resource, []).get(one.resource);
    list.push(one);
  }
  return [...services];
}

export function Operations({ operations, chosen }) {
  const t = useText();
  const [query, setQuery] = useState("");
  const list = useRef(null);
  const found = useMemo(() => search(operations, query), [operations, query]);
  const services = useMemo(() => grouped(found), [found]);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const open = ([, resources]) => Boolean(query) || [...resources.values()].flat().some((one) => one.id === chosen);
  return html`<section class="operations" aria-label=${t("explorer")} onKeyDown=${(event) => arrows(event, "input, summary, a")}>
    <input
      type="search"
      data-search
      data-test="search"
      placeholder=${`${t("search")} ( / )`}
      aria-label=${t("search")}
      value=${query}
      onInput=${(event) => setQuery(event.target.value)}
    />
    <p class="count" role="status">${found.length ? t("found", found.length) : t("none_found")}</p>
    <div class="list" ref=${list}>
      ${services.map(
        (service) => html`<details key=${service[0] + Boolean(query)} open=${open(service) || services.length === 1}>
          <summary>${service[0]} <span class="count">${[...service[1].values()].flat().length}</span></summary>
          ${[...service[1]].map(
            ([resource, all]) => html`<div class="resource" key=${resource}>
              <h3>${resource}</h3>
              ${all.map((one) => html`<${Line} key=${one.id} one=${one} chosen=${one.id === chosen} />`)}
            </div>`,
          )}
        </details>`,
      )}
    </div>
  </section>`;
}

const Line = ({ one, chosen }) =>
  html`<a
    class=${one.deprecated ? "deprecated" : ""}
    href=${to("explorer", one.id)}
    title=${one.doc}
    data-test=${`operation-${one.id}`}
    aria-current=${chosen ? "page" : null}
    ><${Method} name=${one.method} /> ${one.name}</a
  >`;
