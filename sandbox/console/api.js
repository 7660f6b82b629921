// The sandbox's own routes, `/_sandbox/…`.

import { useCallback, useEffect, useRef, useState } from "./vendor/htm-preact.js";

/** What the sandbox says when it cannot do what was asked. */
async function read(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Error(body.problem || `${response.status} ${response.statusText}`);
  }
  return body;
}

/** @param {string} path below `/_sandbox/` */
export const get = async (path) => read(await fetch(`/_sandbox/${path}`));

/** @param {string} path below `/_sandbox/` */
export const post = async (path, body) =>
  read(
    await fetch(`/_sandbox/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

/**
 * What a route says, asked again whenever `depends` changes. While the next answer is under way the one before stays; an answer that
 * was overtaken by a later question is dropped.
 * @param {string | null} path
 * @returns {{data: any, problem: string | null, reload: () => void}}
 */
export function useLoaded(path, depends = []) {
  const [state, setState] = useState({ path: null, data: null, problem: null });
  const latest = useRef(0);
  const load = useCallback(() => {
    const mine = ++latest.current;
    if (!path) return;
    const done = (answer) => mine === latest.current && setState((before) => ({ ...answer(before), path }));
    get(path).then(
      (data) => done(() => ({ data, problem: null })),
      // What is on the page stays there while the sandbox is away.
      (error) => done((before) => ({ data: before.path === path ? before.data : null, problem: error.message })),
    );
  }, [path]);
  useEffect(load, [path, ...depends]);
  const mine = state.path === path;
  return { data: mine ? state.data : null, problem: mine ? state.problem : null, reload: load };
}
