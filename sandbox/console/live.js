// News from the sandbox: a number that grows whenever there is something new to see.

import { useEffect, useState } from "./vendor/htm-preact.js";

/** How often to look where news do not come by themselves. */
const POLL = 2000;

/** @returns {{version: number, state: "on" | "polling"}} */
export function useLive() {
  const [live, setLive] = useState({ version: 0, state: "polling" });
  useEffect(() => {
    const news = (state) => setLive((before) => ({ version: before.version + 1, state }));
    let timer = null;
    const poll = () => {
      timer = timer || setInterval(() => news("polling"), POLL);
    };
    if (!("EventSource" in window)) {
      poll();
      return () => clearInterval(timer);
    }
    const source = new EventSource("/_sandbox/live");
    source.addEventListener("change", () => {
      clearInterval(timer);
      timer = null;
      news("on");
    });
    // The browser connects again by itself; until it has, we ask.
    source.addEventListener("error", poll);
    return () => {
      source.close();
      clearInterval(timer);
    };
  }, []);
  return live;
}
