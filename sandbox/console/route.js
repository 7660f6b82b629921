// The address of a view: `#/explorer/im.v1.message.create` is the view `explorer` and the rest `im.v1.message.create`.

import { useEffect, useState } from "./vendor/htm-preact.js";

const VIEWS = ["explorer", "chats", "logs", "scopes"];

/** @returns {{view: string, rest: string}} */
function read() {
  const [, view, ...rest] = location.hash.split("/");
  const known = VIEWS.includes(view) ? view : VIEWS[0];
  let text = rest.join("/");
  try {
    text = decodeURIComponent(text);
  } catch {
    // Not every `%` in an address somebody typed is an escape.
  }
  return { view: known, rest: text };
}

/** The route, as it changes. */
export function useRoute() {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const changed = () => setRoute(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

/** The address of a view. */
export const to = (view, rest = "") => `#/${view}${rest ? `/${encodeURIComponent(rest)}` : ""}`;

/** Goes there. */
export const go = (view, rest) => {
  location.hash = to(view, rest);
};
