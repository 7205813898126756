// The module behind the loader: finds the dial of an element, or makes it, and gives it the data.

import { Dial } from "./dial.js";

// Built only once the style sheet is there, so that nothing is seen without it.
await new Promise((done) => {
  const href = new URL("dial.css", import.meta.url).href;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  link.onload = link.onerror = done;
  document.head.append(link);
});

const dials = new Map();
// The marks at the end of the page, or of fragments.
const marks = new Set();

// While this module is still under way, calls pile up in the loader, and a browser may let a newer
// one through first.
const newest = new WeakMap();

// Streamlit cleans up after an element that left the page, and also after each call that a newer
// one replaced before it came through. Then the element stays, and its dial must: with it would go
// the focus, and what it knows of the moves under way.
export default ({ call, data, parentElement: host, setStateValue }) => {
  if (call < (newest.get(host) ?? 0)) return undefined;
  newest.set(host, call);
  const clean = "settled" in data ? settle(host, data.settled) : turn(host, data, setStateValue);
  return () => {
    if (!host.isConnected) clean();
  };
};

function turn(host, data, setStateValue) {
  let dial = dials.get(host);
  if (!dial) {
    dial = new Dial(host.querySelector(".lv-dial"));
    dials.set(host, dial);
  }
  dial.update(data, (move) => setStateValue("move", move));
  // Without a mark, the run counts as finished where it passed the dial.
  if (!marks.size) dial.gate.answer(data.seen);
  return () => {
    dial.remove();
    dials.delete(host);
  };
}

function settle(host, number) {
  host.querySelector(".lv-dial")?.classList.add("lv-dial-mark");
  marks.add(host);
  for (const dial of dials.values()) dial.gate.answer(number);
  return () => marks.delete(host);
}
