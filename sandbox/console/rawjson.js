// JSON as it is written, with a word on whether it is JSON yet.

import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { useText } from "./text.js";
import { exampleText } from "./form.js";

const write = (value) => (value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** What text says; text that is no JSON stays text, and goes out as it stands. */
function parse(text) {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { value: text, wrong: error.message };
  }
}

export function RawJson({ value, onChange, field, id, at }) {
  const t = useText();
  const [text, setText] = useState(() => write(value));
  const { value: said, wrong } = parse(text);
  useEffect(() => {
    // Changed from elsewhere; while it is what the text says, the text stays as it was typed.
    if (JSON.stringify(said) !== JSON.stringify(value)) setText(write(value));
  }, [JSON.stringify(value)]);
  const input = (event) => {
    setText(event.target.value);
    onChange(parse(event.target.value).value);
  };
  return html`<textarea
      class="code"
      rows="6"
      spellcheck=${false}
      id=${id}
      data-test=${`field-${at}`}
      aria-invalid=${wrong ? "true" : null}
      placeholder=${exampleText(field?.example) ?? "{ }"}
      value=${text}
      onInput=${input}
    ></textarea>
    ${wrong && html`<small class="bad" role="status">${t("not_json", wrong)}</small>`}`;
}
