// Cards of JSON 1.0 and 2.0: header, texts, pictures, columns, notes; what can be pressed is in cardinput.js.

import { html, useState } from "./vendor/htm-preact.js";
import { post } from "./api.js";
import { useText } from "./text.js";
import { toast } from "./parts.js";
import { Markdown } from "./markdown.js";
import { Link, Picture } from "./post.js";
import { INPUTS } from "./cardinput.js";

const TEMPLATES = ["blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "carmine", "violet", "purple", "indigo", "grey"];
/** Deeper than any card may be; what lies below is not drawn. */
const DEEPEST = 24;

const list = (value) => (Array.isArray(value) ? value.filter((one) => one && typeof one === "object") : []);

/** The words of a text object in the language of the page. */
export function words(text, language) {
  if (typeof text === "string") return text;
  const local = text?.i18n_content ?? text?.i18n ?? {};
  const own = local[language === "zh" ? "zh_cn" : "en_us"];
  return String(own ?? text?.content ?? "");
}

/** A card in a message, and what happens when a user acts on it. */
export function Card({ message, user, reload }) {
  const t = useText();
  const [busy, setBusy] = useState(false);
  const card = message.sent ?? {};
  if (card.type === "template") return html`<span class="thing">${t("template_card", String(card.data?.template_id ?? ""))}</span>`;
  if (card.type === "card") return html`<span class="thing">${t("entity_card", String(card.data?.card_id ?? ""))}</span>`;
  const act = async (action) => {
    setBusy(true);
    try {
      const { reply, failure } = await post(`messages/${encodeURIComponent(message.message_id)}/acts`, { user, action });
      if (failure) toast(t("no_app_answer", `${failure.message} (${failure.code})`), "error");
      if (reply?.toast) toast(words({ content: reply.toast.content, i18n: reply.toast.i18n }, t.language), reply.toast.type || "info");
    } catch (error) {
      toast(error.message, "error");
    }
    setBusy(false);
    reload();
  };
  const context = { act, busy, names: {}, form: null };
  return html`<div class="card" data-test="card" aria-busy=${String(busy)}>
    <${Header} header=${card.header} />
    <div class="elements"><${Elements} elements=${elements(card, t.language)} context=${context} depth=${0} /></div>
  </div>`;
}

/** The elements of either kind of card. */
function elements(card, language) {
  const local = card.i18n_elements;
  if (local && typeof local === "object" && !Array.isArray(local)) {
    const own = local[language === "zh" ? "zh_cn" : "en_us"];
    return list(own ?? Object.values(local)[0]);
  }
  return list(card.body?.elements ?? card.elements);
}

function Header({ header }) {
  const t = useText();
  const title = words(header?.title, t.language);
  if (!header || !title) return null;
  const template = TEMPLATES.includes(header.template) ? header.template : "default";
  const subtitle = words(header.subtitle, t.language);
  return html`<header class=${`card-header template-${template}`} data-template=${template}>
    <strong>${title}</strong>
    ${subtitle && html`<span>${subtitle}</span>`}
    ${list(header.text_tag_list).map((tag, at) => html`<span key=${at} class="text-tag">${words(tag.text, t.language)}</span>`)}
  </header>`;
}

export const Elements = ({ elements, context, depth }) =>
  depth > DEEPEST ? null : list(elements).map((one, at) => html`<${Element} key=${one.element_id ?? at} element=${one} context=${context} depth=${depth} />`);

/** A text object: `lark_md` is markdown, `plain_text` is not. */
export function Text({ text, context }) {
  const t = useText();
  const said = words(text, t.language);
  if (!said) return null;
  return text?.tag === "lark_md" || text?.tag === "markdown"
    ? html`<${Markdown} text=${said} names=${context.names} />`
    : html`<span class="plain">${said}</span>`;
}

function Element({ element, context, depth }) {
  const t = useText();
  const Draw = DRAWN[element.tag] ?? INPUTS[element.tag];
  return Draw
    ? html`<${Draw} element=${element} context=${context} depth=${depth + 1} />`
    : html`<div class="unknown" data-test="unknown-element">${t("unknown_element", String(element.tag))}</div>`;
}

function Div({ element, context, depth }) {
  return html`<div class="div">
    <div class="grow">
      <${Text} text=${element.text} context=${context} />
      ${list(element.fields).length > 0 &&
      html`<div class="fields">
        ${list(element.fields).map((field, at) => html`<div key=${at} class=${field.is_short ? "short" : "long"}><${Text} text=${field.text} context=${context} /></div>`)}
      </div>`}
    </div>
    ${element.extra && html`<${Elements} elements=${[element.extra]} context=${context} depth=${depth} />`}
  </div>`;
}

function MarkdownElement({ element, context }) {
  const t = useText();
  return html`<div class=${`align-${["center", "right"].includes(element.text_align) ? element.text_align : "left"}`}>
    <${Markdown} text=${words(element, t.language)} names=${context.names} />
  </div>`;
}

function Image({ element }) {
  const t = useText();
  const title = words(element.title, t.language);
  return html`<figure>
    <${Picture} imageKey=${element.img_key} alt=${words(element.alt, t.language)} />
    ${title && html`<figcaption>${title}</figcaption>`}
  </figure>`;
}

function Pictures({ element }) {
  return html`<div class="pictures">${list(element.img_list).map((one, at) => html`<${Picture} key=${at} imageKey=${one.img_key} />`)}</div>`;
}

function Note({ element, context }) {
  return html`<div class="note">
    ${list(element.elements).map((one, at) =>
      one.tag === "img" ? html`<${Picture} key=${at} imageKey=${one.img_key} />` : html`<${Text} key=${at} text=${one} context=${context} />`,
    )}
  </div>`;
}

function Columns({ element, context, depth }) {
  const weight = (column) => (column.width === "weighted" ? Math.min(5, Math.max(1, Number(column.weight) || 1)) : column.width === "auto" ? 0 : 1);
  return html`<div class=${`columns ${element.flex_mode === "none" || !element.flex_mode ? "" : "flows"} ${element.background_style === "grey" ? "grey" : ""}`}>
    ${list(element.columns).map(
      (column, at) => html`<div key=${at} class=${`column weight-${weight(column)} ${column.background_style === "grey" ? "grey" : ""}`}>
        <${Elements} elements=${column.elements} context=${context} depth=${depth} />
      </div>`,
    )}
  </div>`;
}

const Action = ({ element, context, depth }) =>
  html`<div class="actions"><${Elements} elements=${element.actions} context=${context} depth=${depth} /></div>`;

function Panel({ element, context, depth }) {
  const t = useText();
  return html`<details class="panel" open=${element.expanded === true}>
    <summary>${words(element.header?.title, t.language)}</summary>
    <${Elements} elements=${element.elements} context=${context} depth=${depth} />
  </details>`;
}

const Container = ({ element, context, depth }) => html`<div class="container"><${Elements} elements=${element.elements} context=${context} depth=${depth} /></div>`;

const Person = ({ element, context }) => html`<span class="mention">@${context.names[element.user_id] ?? String(element.user_id ?? "")}</span>`;

const LinkElement = ({ element }) => html`<${Link} href=${element.url ?? element.href}>${String(element.text ?? element.url ?? "")}<//>`;

const DRAWN = {
  div: Div,
  markdown: MarkdownElement,
  plain_text: ({ element, context }) => html`<${Text} text=${element} context=${context} />`,
  lark_md: ({ element, context }) => html`<${Text} text=${element} context=${context} />`,
  hr: () => html`<hr />`,
  img: Image,
  img_combination: Pictures,
  note: Note,
  column_set: Columns,
  action: Action,
  collapsible_panel: Panel,
  interactive_container: Container,
  person: Person,
  a: LinkElement,
};
