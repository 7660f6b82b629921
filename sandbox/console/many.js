// Controls for lists and maps: a control for each item, and buttons that add and remove.

import { html } from "./vendor/htm-preact.js";
import { useText } from "./text.js";
import { Control } from "./control.js";

/** What a new item begins as. */
function fresh(kind, types) {
  if (typeof kind === "string") return kind === "any" ? {} : "";
  if (kind.list) return [];
  if (kind.map || kind.fields || types[kind.ref]?.fields) return {};
  return undefined;
}

export function ListOf(props) {
  const t = useText();
  const { inner, types, value, onChange, at, id, field, tag } = props;
  const items = Array.isArray(value) ? value : [];
  const set = (place, item) => onChange(items.map((one, other) => (other === place ? (item === undefined ? fresh(inner, types) : item) : one)));
  const without = (place) => {
    const rest = items.filter((_, other) => other !== place);
    onChange(rest.length ? rest : undefined);
  };
  const facts = { ...field, required: true, name: undefined, example: undefined, in: field?.in };
  return html`<div class="many" id=${id}>
    ${items.map(
      (item, place) => html`<div class="item" key=${place}>
        <div class="grow">
          <${Control}
            kind=${inner}
            field=${facts}
            types=${types}
            value=${item}
            tag=${tag}
            onChange=${(next) => set(place, next)}
            at=${`${at}[${place}]`}
            id=${`${id}-${place}`}
            depth=${props.depth + 1}
          />
        </div>
        <button type="button" class="quiet small" aria-label=${t("remove", `${at}[${place}]`)} onClick=${() => without(place)}>×</button>
      </div>`,
    )}
    <button type="button" class="small" data-test=${`add-${at}`} onClick=${() => onChange([...items, first(field, items, fresh(inner, types))])}>
      + ${t("add", t("item"))}
    </button>
  </div>`;
}

// The first item begins as the example's, which is what people would look up.
const first = (field, items, empty) => (items.length === 0 && Array.isArray(field?.example) && typeof field.example[0] === "string" ? field.example[0] : empty);

export function MapOf(props) {
  const t = useText();
  const { inner, types, value, onChange, at, id } = props;
  const entries = Object.entries(value && typeof value === "object" ? value : {});
  const put = (next) => onChange(next.length ? Object.fromEntries(next) : undefined);
  const change = (place, entry) => put(entries.map((one, other) => (other === place ? entry : one)));
  const name = () => {
    let count = entries.length + 1;
    while (entries.some(([key]) => key === `key_${count}`)) count += 1;
    return `key_${count}`;
  };
  return html`<div class="many" id=${id}>
    ${entries.map(
      ([key, item], place) => html`<div class="item" key=${place}>
        <input type="text" aria-label=${t("key")} value=${key} onChange=${(event) => change(place, [event.target.value, item])} />
        <div class="grow">
          <${Control}
            kind=${inner}
            field=${{ required: true }}
            types=${types}
            value=${item}
            onChange=${(next) => change(place, [key, next === undefined ? fresh(inner, types) : next])}
            at=${`${at}.${key}`}
            id=${`${id}-${place}`}
            depth=${props.depth + 1}
          />
        </div>
        <button type="button" class="quiet small" aria-label=${t("remove", key)} onClick=${() => put(entries.filter((_, other) => other !== place))}>×</button>
      </div>`,
    )}
    <button type="button" class="small" data-test=${`add-${at}`} onClick=${() => put([...entries, [name(), fresh(inner, types)]])}>
      + ${t("add", t("item"))}
    </button>
  </div>`;
}
