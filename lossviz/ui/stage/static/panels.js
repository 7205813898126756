// Which panels a message asks for, and how they stand on the stage.

import { CurvesPanel } from "./curves.js";
import { el } from "./dom.js";
import { LedgerPanel } from "./ledger.js";
import { PredictPanel } from "./predict.js";
import { SidePanel } from "./side.js";
import { SurfacePanel } from "./surface.js";

/** What stands beside the surface under the curves: tabs, predictions, a ledger, or nothing. */
function sideOf({ predictions, predictionsNote, ledgers, side }) {
  if (side.length) return "tabs";
  if (predictions || (predictionsNote && !ledgers.length)) return "predictions";
  return ledgers.length ? "ledger" : "";
}

/** Which panels there are; a message with others needs a stage of its own. */
export function shapeOf(message) {
  const { surface, losses, views, texts } = message;
  return JSON.stringify([Boolean(surface), losses.length > 0, sideOf(message), views.map(({ id }) => id), texts]);
}

/** The panels by name; null for those that the message does not ask for. */
export function makePanels(stage, message) {
  const beside = sideOf(message);
  return {
    surface: message.surface ? new SurfacePanel(stage) : null,
    curves: message.losses.length ? new CurvesPanel(stage) : null,
    predict: beside === "predictions" ? new PredictPanel(stage) : null,
    ledger: beside === "ledger" ? new LedgerPanel(stage) : null,
    side: beside === "tabs" ? new SidePanel(stage) : null,
  };
}

/** The surfaces beside the main one. */
export const makeViews = (stage, { views }) => views.map(({ id }) => new SurfacePanel(stage, id));

/** The pictures' places: one surface with the rest at its side, several in a grid, or none. */
export function arrangePanels(stage) {
  const { surface } = stage.panels;
  const others = stage.others().map(({ node }) => node);
  const box = (name, ...children) => el("div", { class: name }, ...children);
  if (stage.views.length) {
    return box("lv-pictures lv-several", stage.bar.node, ...stage.surfaces().map(({ node }) => node), ...others);
  }
  if (!surface) return box(`lv-pictures lv-plain${others.length < 2 ? " lv-lone" : ""}`, ...others);
  return others.length
    ? box("lv-pictures", surface.node, box("lv-side", ...others)) : box("lv-pictures lv-lone", surface.node);
}
