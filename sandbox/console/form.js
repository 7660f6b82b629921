// The form of an operation or of an object: a row for each field, with its name, its limits and its doc beside the control.

import { html } from "./vendor/htm-preact.js";
import { useText } from "./text.js";
import { Doc } from "./parts.js";
import { Control } from "./control.js";

/**
 * @typedef {{name: string, in?: string, required: boolean, type: any, by?: string, doc: string, example: any, default: any,
 *   min_len?: number, max_len?: number, min?: number, max?: number, min_items?: number, max_items?: number}} Field
 * @typedef {Record<string, {doc: string, fields?: Field[], values?: {value: any, doc: string}[], union?: any, keys?: Field[]}>} Types
 */

const PLACES = ["path", "query", "header", "form", "body"];

/** @param {{fields: Field[], types: Types, values: Record<string, any>, onChange: (next: (before: any) => any) => void}} props */
export function Form({ fields, types, values, onChange }) {
  const t = useText();
  if (fields.length === 0) return html`<p class="hint">${t("no_parameters")}</p>`;
  return PLACES.map((place) => {
    const here = fields.filter((field) => field.in === place);
    return (
      here.length > 0 &&
      html`<fieldset class="place" key=${place}>
        <legend>${t(`in_${place}`)}</legend>
        <${Rows} fields=${here} all=${fields} types=${types} values=${values} onChange=${onChange} at="" />
      </fieldset>`
    );
  });
}

/**
 * The fields of one object. `all` are the fields among which a tag may lie, which for parameters are those of every place.
 * `onChange` takes what makes the next value of the one before.
 */
export function Rows({ fields, all = fields, types, values, onChange, at }) {
  const set = (name) => (value) =>
    onChange((before) => {
      const next = { ...before };
      if (value === undefined) delete next[name];
      else next[name] = value;
      // What the old tag chose means nothing under the new one.
      for (const field of all) {
        if (field.by === name && before?.[name] !== value) delete next[field.name];
      }
      return next;
    });
  return fields.map((field) => {
    const keys = types[field.type?.ref]?.keys;
    if (keys) {
      return html`<${Keys} key=${field.name} field=${field} keys=${keys} types=${types} values=${values} set=${set} at=${at} />`;
    }
    return html`<${Row}
      key=${field.name}
      field=${field}
      types=${types}
      value=${values?.[field.name]}
      tag=${field.by ? values?.[field.by] : undefined}
      onChange=${set(field.name)}
      at=${at}
    />`;
  });
}

/** One key of several: which one, and its value. */
function Keys({ field, keys, types, values, set, at }) {
  const sent = keys.find((key) => values?.[key.name] !== undefined) || keys[0];
  const choose = (name) => {
    const value = values?.[sent.name];
    set(sent.name)(undefined);
    set(name)(value ?? "");
  };
  const one = { ...sent, required: field.required, doc: `${field.doc} ${sent.doc}`, in: field.in };
  const menu = html`<select
    class="keys"
    aria-label=${field.name}
    data-test=${`key-${field.name}`}
    value=${sent.name}
    onChange=${(event) => choose(event.target.value)}
  >
    ${keys.map((key) => html`<option key=${key.name} value=${key.name}>${key.name}</option>`)}
  </select>`;
  return html`<${Row}
    key=${sent.name}
    field=${one}
    types=${types}
    value=${values?.[sent.name]}
    onChange=${set(sent.name)}
    at=${at}
    menu=${menu}
  />`;
}

function Row({ field, types, value, tag, onChange, at, menu }) {
  const t = useText();
  const path = at ? `${at}.${field.name}` : field.name;
  const id = `f-${path}`;
  const example = exampleText(field.example);
  const offered = example !== undefined && value === undefined && isPlain(field.type, types);
  return html`<div class=${`row ${field.required ? "required" : ""}`} data-field=${path}>
    <div class="about">
      <label for=${id}><code>${field.name}</code></label>
      ${field.required && html`<span class="must" title=${t("required")} aria-label=${t("required")}>*</span>`}
      <small class="kind">${kindName(field.type, types)}</small>
      ${menu}
      ${offered &&
      html`<button type="button" class="quiet small" onClick=${() => onChange(field.example)}>${t("use_example")}</button>`}
      <p class="doc" id=${`${id}-doc`}><${Doc} text=${field.doc} /> <small>${limits(field, t)}</small></p>
    </div>
    <div class="control">
      <${Control} kind=${field.type} field=${field} types=${types} value=${value} tag=${tag} onChange=${onChange} at=${path} id=${id} depth=${at.split(".").length} />
    </div>
  </div>`;
}

/** An example as it is shown in an empty field. */
export const exampleText = (example) =>
  example === undefined || example === null ? undefined : typeof example === "string" ? example : JSON.stringify(example);

const isPlain = (kind, types) => (typeof kind === "string" && !["file", "secret"].includes(kind)) || types[kind?.ref]?.values !== undefined;

/** What a field holds, in a word or two. */
function kindName(kind, types) {
  if (typeof kind === "string") return kind;
  const [[name, inner]] = Object.entries(kind);
  if (name === "ref") {
    const found = types[inner];
    return found?.values ? (typeof found.values[0]?.value === "number" ? "int" : "string") : inner.split(".").pop();
  }
  if (name === "fields") return "object";
  return `${name}(${kindName(inner, types)})`;
}

function limits(field, t) {
  const told = [];
  if (field.min_len > 0) told.push(t("min_len", field.min_len));
  if (field.max_len) told.push(t("max_len", field.max_len));
  if (field.min !== null && field.min !== undefined) {
    told.push(field.max !== null && field.max !== undefined ? t("between", field.min, field.max) : t("at_least", field.min));
  } else if (field.max !== null && field.max !== undefined) {
    told.push(t("at_most", field.max));
  }
  if (field.max_items) told.push(t("items", field.min_items || 0, field.max_items));
  const fallback = exampleText(field.default);
  if (fallback !== undefined) told.push(t("default_is", fallback));
  return told.join(" · ");
}
