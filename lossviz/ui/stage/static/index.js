// What Streamlit calls: once for every message, on the same element for as long as the picture is there.

import { shapeOf } from "./panels.js";
import { expose } from "./probe.js";
import { Stage } from "./stage.js";
import { unpack } from "./unpack.js";

const seats = new WeakMap();
const style = sheet();

/** The style sheet beside this module, once for the whole page. */
function sheet() {
  return new Promise((done) => {
    const href = new URL("stage.css", import.meta.url).href;
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    link.addEventListener("load", done);
    link.addEventListener("error", done); // unstyled is better than nothing
    document.head.append(link);
  });
}

class Seat {
  queue = [];
  digest = null;

  constructor(host) {
    this.host = host;
  }

  /** Whether these bytes are a new scene; it makes older messages that still wait pointless. */
  receive(bytes) {
    let message;
    try {
      message = unpack(bytes);
    } catch (error) {
      this.fail("badMessage", error);
      return false;
    }
    if (message.digest === this.digest) return false;
    this.digest = message.digest;
    if (message.kind === "scene") this.queue = [];
    this.queue.push(message);
    this.working ??= this.work().finally(() => (this.working = null));
    return message.kind === "scene";
  }

  async work() {
    await style;
    while (this.queue.length && !this.gone) {
      try {
        await this.apply(this.queue.shift());
      } catch (error) {
        this.fail("badMessage", error);
      }
    }
  }

  async apply(message) {
    if (message.texts) this.text = message.texts;
    if (message.kind === "delta") {
      if (this.stage) await this.stage.showDelta(message);
      else this.send("resync", true);
      return;
    }
    const shape = shapeOf(message);
    const before = this.stage;
    if (before && shape !== this.shape) this.clear();
    if (!this.stage) {
      this.host.querySelector(".lv-sorry")?.remove();
      this.stage = new Stage(this.host, this.plotly, message, before);
      this.stage.send = (event, value) => this.send(event, value);
      this.host.style.minHeight = "auto";
      expose(this.stage);
    }
    this.shape = shape;
    await this.stage.showScene(message);
  }

  /** A plain sentence in the stage's place. */
  fail(name, error) {
    if (error) console.debug("lossviz stage:", error);
    this.clear();
    this.digest = null;
    const fallback = { badMessage: "The stage could not read what the server sent. Reload the page." };
    const sorry = Object.assign(document.createElement("p"), { className: "lv-sorry", role: "alert",
      textContent: this.text?.[name] ?? fallback[name] });
    this.host.querySelector(".lv-sorry")?.remove();
    this.host.append(sorry);
  }

  clear() {
    this.stage?.destroy();
    this.stage = null;
  }
}

export default function show({ parentElement, data, plotly, setTriggerValue }) {
  let seat = seats.get(parentElement);
  if (!seat) {
    seat = new Seat(parentElement);
    seats.set(parentElement, seat);
  }
  seat.gone = false;
  seat.plotly = plotly;
  seat.send = setTriggerValue;
  // Streamlit calls again, with the same data, when the page's theme changes.
  if (data) seat.stage?.answered();
  if (!data || !seat.receive(data)) seat.stage?.retheme();
  return () => {
    // Streamlit also cleans up after a call that a newer one replaced on its way; the stage stays.
    if (parentElement.isConnected) return;
    seat.gone = true;
    seat.clear();
    seats.delete(parentElement);
  };
}
