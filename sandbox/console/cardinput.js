// What can be pressed, chosen and filled in on a card: each acts as the chosen user, and the app is called back.

import { html, useRef, useState } from "./vendor/htm-preact.js";
import { useText } from "./text.js";
import { Elements, words } from "./card.js";
import { safe } from "./post.js";

const list = (value) => (Array.isArray(value) ? value.filter((one) => one && typeof one === "object") : []);

/** What a press sends: the newer cards say it among the behaviors, the older ones beside the text. */
function callback(element) {
  const behaviors = list(element.behaviors);
  const called = behaviors.find((one) => one.type === "callback");
  const opens = behaviors.find((one) => one.type === "open_url") ?? element.multi_url ?? (element.url ? { url: element.url } : null);
  const value = called ? called.value : element.value;
  // A button that only opens an address calls nobody.
  return { value: value ?? {}, opens: safe(opens?.default_url ?? opens?.url), silent: Boolean(opens) && !called && element.value === undefined };
}

/** With the name and the value that the card gives it. */
function action(element, rest) {
  const { value } = callback(element);
  const made = { value, tag: element.tag, ...rest };
  if (element.name) made.name = element.name;
  return made;
}

/** Whether the user confirms what the card wants confirmed. */
const confirmed = (element, language) =>
  !element.confirm || window.confirm([words(element.confirm.title, language), words(element.confirm.text, language)].filter(Boolean).join("\n"));

const LOOKS = { primary: "primary", primary_filled: "primary", danger: "danger", danger_filled: "danger", text: "quiet", primary_text: "quiet" };

function Button({ element, context }) {
  const t = useText();
  const { opens, silent } = callback(element);
  const submits = element.form_action_type === "submit" || element.action_type === "form_submit";
  const resets = element.form_action_type === "reset" || element.action_type === "form_reset";
  const press = () => {
    if (resets) return context.form?.reset();
    if (!confirmed(element, t.language)) return undefined;
    if (opens) window.open(opens, "_blank", "noopener,noreferrer");
    if (silent) return undefined;
    return context.act(action(element, submits && context.form ? { form_value: context.form.values() } : {}));
  };
  return html`<button
    type="button"
    class=${LOOKS[element.type] ?? ""}
    data-test="card-button"
    disabled=${context.busy || element.disabled === true}
    onClick=${press}
  >
    ${words(element.text, t.language) || t("more")}
  </button>`;
}

/** Within a form a value waits for the form; elsewhere it calls the app at once. */
function report(element, context, value, rest) {
  if (context.form && element.name) context.form.set(element.name, value);
  else context.act(action(element, rest));
}

function Select({ element, context }) {
  const t = useText();
  const options = list(element.options);
  const [chosen, setChosen] = useState(element.initial_option ?? "");
  const choose = (event) => {
    const { value } = event.target;
    if (!confirmed(element, t.language)) return;
    setChosen(value);
    report(element, context, value, { option: value });
  };
  return html`<select class="card-select" data-test="card-select" disabled=${context.busy} value=${chosen} onChange=${choose}>
    <option value="">${words(element.placeholder, t.language) || t("choose")}</option>
    ${options.map((one, at) => html`<option key=${at} value=${String(one.value)}>${words(one.text, t.language) || String(one.value)}</option>`)}
  </select>`;
}

function MultiSelect({ element, context }) {
  const t = useText();
  const [chosen, setChosen] = useState(Array.isArray(element.selected_values) ? element.selected_values : []);
  const turn = (value, on) => {
    const next = on ? [...chosen, value] : chosen.filter((one) => one !== value);
    setChosen(next);
    report(element, context, next, { options: next });
  };
  return html`<fieldset class="multi" data-test="card-multi-select" disabled=${context.busy}>
    <legend>${words(element.placeholder, t.language) || t("choose")}</legend>
    ${list(element.options).map(
      (one, at) => html`<label key=${at}>
        <input type="checkbox" checked=${chosen.includes(one.value)} onChange=${(event) => turn(one.value, event.target.checked)} />
        ${words(one.text, t.language) || String(one.value)}
      </label>`,
    )}
  </fieldset>`;
}

function Overflow({ element, context }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  const choose = (option) => {
    setOpen(false);
    const address = safe(option.url ?? option.multi_url?.url);
    if (address) window.open(address, "_blank", "noopener,noreferrer");
    else if (confirmed(element, t.language)) context.act(action(element, { option: option.value }));
  };
  return html`<span class="overflow" onKeyDown=${(event) => event.key === "Escape" && setOpen(false)}>
    <button type="button" data-test="card-overflow" aria-haspopup="menu" aria-expanded=${String(open)} disabled=${context.busy} onClick=${() => setOpen(!open)}>
      ···
    </button>
    ${open &&
    html`<span class="menu" role="menu">
      ${list(element.options).map(
        (one, at) => html`<button key=${at} type="button" role="menuitem" class="quiet" onClick=${() => choose(one)}>${words(one.text, t.language)}</button>`,
      )}
    </span>`}
  </span>`;
}

function Input({ element, context }) {
  const t = useText();
  const [text, setText] = useState(String(element.default_value ?? ""));
  const label = words(element.label, t.language);
  const inForm = context.form && element.name;
  const input = (event) => {
    setText(event.target.value);
    if (inForm) context.form.set(element.name, event.target.value);
  };
  const keys = (event) => {
    if (event.key === "Enter" && !inForm && !event.isComposing) context.act(action(element, { input_value: text }));
  };
  return html`<label class="card-input">
    ${label && html`<span>${label}${element.required ? " *" : ""}</span>`}
    <input
      type=${element.input_type === "password" ? "password" : "text"}
      autocomplete="off"
      data-test="card-input"
      aria-label=${label || element.name}
      maxlength=${Number(element.max_length) || null}
      placeholder=${words(element.placeholder, t.language)}
      disabled=${context.busy || element.disabled === true}
      value=${text}
      onInput=${input}
      onKeyDown=${keys}
    />
  </label>`;
}

const PICKERS = {
  date_picker: ["date", "initial_date", (text) => `${text} ${zone()}`],
  picker_time: ["time", "initial_time", (text) => `${text} ${zone()}`],
  picker_datetime: ["datetime-local", "initial_datetime", (text) => `${text.replace("T", " ")} ${zone()}`],
};

/** The page's own time zone, as `+0800`. */
function zone() {
  const minutes = -new Date().getTimezoneOffset();
  const digits = (number) => String(Math.abs(number)).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${digits(Math.trunc(minutes / 60))}${digits(minutes % 60)}`;
}

function Picker({ element, context }) {
  const t = useText();
  const [type, initial, said] = PICKERS[element.tag];
  const [text, setText] = useState(String(element[initial] ?? "").replace(" ", type === "datetime-local" ? "T" : " "));
  const choose = (event) => {
    setText(event.target.value);
    if (!event.target.value) return;
    report(element, context, said(event.target.value), { option: said(event.target.value), timezone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  };
  return html`<input
    type=${type}
    data-test="card-picker"
    aria-label=${words(element.placeholder, t.language) || element.name || element.tag}
    disabled=${context.busy}
    value=${text}
    onChange=${choose}
  />`;
}

function Checker({ element, context }) {
  const t = useText();
  const [on, setOn] = useState(element.checked === true);
  const turn = (event) => {
    setOn(event.target.checked);
    report(element, context, event.target.checked, { checked: event.target.checked });
  };
  return html`<label class="checker">
    <input type="checkbox" data-test="card-checker" checked=${on} disabled=${context.busy} onChange=${turn} /> ${words(element.text, t.language)}
  </label>`;
}

/** Keeps what is filled in until a button of it submits. */
function Form({ element, context, depth }) {
  const kept = useRef({});
  const [round, setRound] = useState(0);
  const form = {
    set: (name, value) => {
      kept.current = { ...kept.current, [name]: value };
    },
    values: () => ({ ...defaults(element.elements), ...kept.current }),
    reset: () => {
      kept.current = {};
      setRound(round + 1);
    },
  };
  return html`<div class="card-form" data-test="card-form" key=${round}>
    <${Elements} elements=${element.elements} context=${{ ...context, form }} depth=${depth} />
  </div>`;
}

/** What the fields of a form hold before anyone touches them. */
function defaults(parts, found = {}, depth = 0) {
  if (depth > 16) return found;
  for (const part of list(parts)) {
    const initial = part.default_value ?? part.initial_option ?? part.selected_values ?? part.checked;
    if (part.name && part.tag !== "button" && initial !== undefined) found[part.name] = initial;
    defaults(part.elements, found, depth + 1);
    defaults(part.columns, found, depth + 1);
    defaults(part.actions, found, depth + 1);
  }
  return found;
}

export const INPUTS = {
  button: Button,
  select_static: Select,
  select_person: Select,
  multi_select_static: MultiSelect,
  multi_select_person: MultiSelect,
  overflow: Overflow,
  input: Input,
  date_picker: Picker,
  picker_time: Picker,
  picker_datetime: Picker,
  checker: Checker,
  form: Form,
};
