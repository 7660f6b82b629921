// The control for one value, chosen by its type: text, numbers, menus, lists, objects, unions, files, JSON.

import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { useText } from "./text.js";
import { Doc, size } from "./parts.js";
import { Rows, exampleText } from "./form.js";
import { ListOf, MapOf } from "./many.js";
import { RawJson } from "./rawjson.js";

/** Deeper than this, a value is typed as JSON: types may contain themselves. */
const DEEPEST = 8;
const MASK = "***";
/** The choice of a menu that is none of its values. */
const OTHER = "\u2026";

/**
 * @param {{kind: any, field?: import("./form.js").Field, types: import("./form.js").Types, value: any, tag?: any,
 *   onChange: (value: any) => void, at: string, id: string, depth: number}} props
 */
export function Control(props) {
  const { kind, types, depth } = props;
  if (depth > DEEPEST) return html`<${RawJson} ...${props} />`;
  if (typeof kind === "string") return html`<${PLAIN[kind] || Text} ...${props} />`;
  if (kind.list) return html`<${ListOf} ...${props} inner=${kind.list} />`;
  if (kind.map) return html`<${MapOf} ...${props} inner=${kind.map} />`;
  if (kind.json) return html`<${JsonText} ...${props} inner=${kind.json} />`;
  if (kind.fields) return html`<${ObjectOf} ...${props} fields=${kind.fields} />`;
  const named = types[kind.ref];
  if (named?.values) return html`<${Menu} ...${props} choices=${named.values} />`;
  if (named?.fields) return html`<${ObjectOf} ...${props} fields=${named.fields} />`;
  if (named?.union) return html`<${UnionOf} ...${props} union=${named.union} />`;
  return html`<${RawJson} ...${props} />`;
}

/** What every input says of itself. */
const facts = ({ id, at, field }) => ({
  id,
  "data-test": `field-${at}`,
  "aria-describedby": `${id}-doc`,
  "aria-required": field?.required ? "true" : null,
});

/** An empty field is not sent. */
const orNothing = (text) => (text === "" ? undefined : text);

const shown = (value) => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));

function Text(props) {
  const { value, onChange, field } = props;
  const given = { ...facts(props), value: shown(value), placeholder: exampleText(field?.example) ?? "" };
  const input = (event) => onChange(orNothing(event.target.value));
  // Parameters are names and ids; what lies deeper is what people write, in lines.
  return field?.in || field?.max_len < 100
    ? html`<input type="text" autocomplete="off" spellcheck=${false} ...${given} onInput=${input} />`
    : html`<textarea rows="1" ...${given} onInput=${input}></textarea>`;
}

function SecretText(props) {
  const t = useText();
  const { value, onChange } = props;
  const masked = value === MASK;
  return html`<input
    type="password"
    autocomplete="off"
    ...${facts(props)}
    value=${masked ? "" : shown(value)}
    placeholder=${masked ? t("filled_by_sandbox") : ""}
    onInput=${(event) => onChange(orNothing(event.target.value))}
  />`;
}

function Bool(props) {
  const t = useText();
  const { value, onChange } = props;
  const read = { "": undefined, true: true, false: false };
  return html`<select ...${facts(props)} value=${shown(value)} onChange=${(event) => onChange(read[event.target.value])}>
    <option value="">${t("unset")}</option>
    <option value="true">true</option>
    <option value="false">false</option>
  </select>`;
}

// What is no number yet is sent as it stands: the reply says what is wrong with it.
function NumberOf(props) {
  const { kind, value, onChange, field } = props;
  const read = (text) => {
    const number = Number(text);
    const whole = kind === "float" || Number.isSafeInteger(number);
    return text.trim() !== "" && Number.isFinite(number) && whole ? number : orNothing(text);
  };
  return html`<input
    type="text"
    inputmode=${kind === "float" ? "decimal" : "numeric"}
    autocomplete="off"
    ...${facts(props)}
    value=${shown(value)}
    placeholder=${exampleText(field?.example) ?? ""}
    onInput=${(event) => onChange(read(event.target.value))}
  />`;
}

function Time(props) {
  const t = useText();
  const { kind, onChange } = props;
  const now = () => {
    const time = kind.startsWith("millis") ? Date.now() : Math.floor(Date.now() / 1000);
    onChange(kind.endsWith("(int)") ? time : String(time));
  };
  const Input = kind.endsWith("(int)") ? NumberOf : Text;
  return html`<span class="joined">
    <${Input} ...${props} />
    <button type="button" class="small" onClick=${now}>${t("now")}</button>
  </span>`;
}

function File(props) {
  const t = useText();
  const { value, onChange } = props;
  const choose = async (event) => {
    const [file] = event.target.files;
    if (!file) return onChange(undefined);
    const reader = new FileReader();
    reader.onload = () => onChange({ file_name: file.name, base64: String(reader.result).split(",")[1] ?? "" });
    reader.readAsDataURL(file);
  };
  return html`<input type="file" ...${facts(props)} onChange=${choose} />
    ${value?.base64 !== undefined && html`<small>${t("file_chosen", value.file_name, size(Math.floor((value.base64.length * 3) / 4)))}</small>`}`;
}

const PLAIN = {
  string: Text,
  secret: SecretText,
  bool: Bool,
  int: NumberOf,
  float: NumberOf,
  millis: Time,
  seconds: Time,
  "millis(int)": Time,
  "seconds(int)": Time,
  file: File,
  any: RawJson,
};

/** A menu of the known values; any other may be typed in too. */
function Menu(props) {
  const t = useText();
  const { value, onChange, choices, field } = props;
  const known = choices.find((choice) => choice.value === value);
  const [other, setOther] = useState(value !== undefined && !known);
  const numbers = typeof choices[0]?.value === "number";
  const read = (text) => (numbers && text !== "" && Number.isSafeInteger(Number(text)) ? Number(text) : orNothing(text));
  const choose = (event) => {
    const name = event.target.value;
    setOther(name === OTHER);
    onChange(choices.find((choice) => String(choice.value) === name)?.value);
  };
  const menu = html`<select ...${facts(props)} value=${other ? OTHER : known ? String(known.value) : ""} onChange=${choose}>
    <option value="">${field?.required ? "" : t("unset")}</option>
    ${choices.map((choice) => html`<option key=${choice.value} value=${String(choice.value)} title=${choice.doc}>${String(choice.value)}</option>`)}
    <option value=${OTHER}>${t("other_value")}</option>
  </select>`;
  return html`<span class="joined">
      ${menu}
      ${other &&
      html`<input
        type="text"
        autocomplete="off"
        data-test=${`${props.at}-other`}
        aria-label=${t("other_value")}
        value=${shown(value)}
        onInput=${(event) => onChange(read(event.target.value))}
      />`}
    </span>
    ${known?.doc && html`<small class="hint"><${Doc} text=${known.doc} /></small>`}`;
}

function ObjectOf(props) {
  const t = useText();
  const { fields, types, value, onChange, at, field, id } = props;
  const there = value !== undefined || field?.required;
  // `onChange` of rows takes a step, so that two changes in one go do not undo each other.
  const step = (next) => onChange(next(value && typeof value === "object" ? value : {}));
  if (!there) {
    return html`<button type="button" class="small" id=${id} data-test=${`add-${at}`} onClick=${() => onChange({})}>${t("add", field?.name ?? t("item"))}</button>`;
  }
  return html`<div class="object" id=${id}>
    <${Rows} fields=${fields} types=${types} values=${value} onChange=${step} at=${at} />
    ${!field?.required &&
    field?.name &&
    html`<button type="button" class="quiet small" onClick=${() => onChange(undefined)}>${t("remove", field.name)}</button>`}
  </div>`;
}

/** One of several types: chosen by a member of its own, or by the field beside it. */
function UnionOf(props) {
  const t = useText();
  const { union, value, tag, onChange, field, id, at } = props;
  const own = union.tag;
  const chosen = own ? value?.[own] : tag;
  const variant = union.variants.find((one) => one.value === chosen);
  const [other, setOther] = useState(union.otherwise && value !== undefined && !variant);
  const inner = { ...props, kind: variant?.type, field: { ...field, required: true, example: undefined }, depth: props.depth + 1 };
  if (!own) {
    if (variant) return variant.type ? html`<${Control} ...${inner} />` : null;
    return html`<p class="hint" id=${id}>${chosen === undefined && field?.by ? t("choose_tag", field.by) : ""}</p>
      ${chosen !== undefined && html`<${RawJson} ...${props} />`}`;
  }
  const choose = (event) => {
    const next = event.target.value;
    setOther(next === OTHER);
    const found = union.variants.find((one) => String(one.value) === next);
    onChange(found && { [own]: found.value });
  };
  const body = union.content
    ? { ...inner, value: value?.[union.content], onChange: (content) => onChange({ ...value, [union.content]: content }) }
    : { ...inner, onChange: (members) => onChange({ ...members, [own]: chosen }) };
  return html`<div class="object">
    <select
      id=${id}
      data-test=${`field-${at}.${own}`}
      aria-label=${own}
      value=${other ? OTHER : variant ? String(variant.value) : ""}
      onChange=${choose}
    >
      <option value="">${t("unset")}</option>
      ${union.variants.map((one) => html`<option key=${one.value} value=${String(one.value)} title=${one.doc}>${String(one.value)}</option>`)}
      ${union.otherwise && html`<option value=${OTHER}>${t("other_json")}</option>`}
    </select>
    ${variant?.doc && html`<small class="hint"><${Doc} text=${variant.doc} /></small>`}
    ${other ? html`<${RawJson} ...${props} id=${`${id}-json`} />` : variant?.type && html`<${Control} ...${body} id=${`${id}-of`} />`}
  </div>`;
}

/** JSON inside of text: as fields, or as it is written. */
function JsonText(props) {
  const t = useText();
  const { inner, value, at } = props;
  const [raw, setRaw] = useState(typeof value === "string");
  useEffect(() => {
    if (typeof value === "string") setRaw(true);
  }, [typeof value]);
  const field = { ...props.field, example: undefined };
  return html`<div class="either">
    <label class="switch">
      <input type="checkbox" data-test=${`raw-${at}`} checked=${raw} onChange=${(event) => setRaw(event.target.checked)} /> ${t("raw_json")}
    </label>
    ${raw ? html`<${RawJson} ...${props} />` : html`<${Control} ...${props} kind=${inner} field=${field} depth=${props.depth + 1} />`}
  </div>`;
}
