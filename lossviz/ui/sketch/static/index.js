// The module behind the loader: finds the sketch of an element, or makes it, and gives it the data.

import { Sketch } from "./sketch.js";

// Built only once the style sheet is there, so that nothing is seen without it.
await new Promise((done) => {
  const href = new URL("sketch.css", import.meta.url).href;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  link.onload = link.onerror = done;
  document.head.append(link);
});

const sketches = new Map();
// While this module is still under way, calls pile up in the loader, and a browser may let a newer
// one through first.
const newest = new WeakMap();

// Streamlit cleans up after an element that left the page, and also after each call that a newer
// one replaced before it came through. Then the element stays, and so does its sketch.
export default ({ call, data, parentElement: host, setStateValue, Gate }) => {
  if (call < (newest.get(host) ?? 0)) return undefined;
  newest.set(host, call);
  let sketch = sketches.get(host);
  if (!sketch) {
    sketch = new Sketch(host.querySelector(".lv-sketch"), Gate);
    sketches.set(host, sketch);
  }
  sketch.update(data, (move) => setStateValue("move", move));
  return () => {
    if (host.isConnected) return;
    sketch.remove();
    sketches.delete(host);
  };
};
