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
// The marks at the end of the page (or of fragments), each with the newest number it answered.
const marks = new Map();

export default ({ data, parentElement: host, setStateValue }) =>
  "settled" in data ? settle(host, data.settled) : turn(host, data, setStateValue);

function turn(host, data, setStateValue) {
  let dial = dials.get(host);
  if (!dial) {
    dial = new Dial(host.querySelector(".lv-dial"));
    dials.set(host, dial);
  }
  const call = (dial.calls = (dial.calls ?? 0) + 1);
  dial.update(data, (move) => setStateValue("move", move));
  // Without a mark, the run counts as finished where it passed the dial.
  if (!marks.size) dial.gate.answer(data.seen);
  // An older call's clean-up may come after a newer call, when its data were overtaken.
  return () => {
    if (dial.calls !== call) return;
    dial.remove();
    dials.delete(host);
  };
}

function settle(host, number) {
  host.querySelector(".lv-dial")?.classList.add("lv-dial-mark");
  const mark = {};
  marks.set(host, mark);
  for (const dial of dials.values()) dial.gate.answer(number);
  return () => {
    if (marks.get(host) === mark) marks.delete(host);
  };
}
