// `window.lossvizStage`: the stage on the page, for tests and for scripts in the console.

let front = null;

export const inFront = (stage) => stage === front;

export function withdraw(stage) {
  if (!inFront(stage)) return;
  front = null;
  delete window.lossvizStage;
}

/** Put a stage behind the global name: the newest one, or the one last touched. */
export function expose(stage) {
  if (inFront(stage)) return;
  front = stage;
  const { clock } = stage;
  window.lossvizStage = {
    get revision() { return stage.revision; },
    get step() { return stage.step; },
    get steps() { return clock.last; },
    get planned() { return clock.planned; },
    get playing() { return clock.playing; },
    get fps() { return Math.round(10 * clock.fps) / 10; },
    get hidden() { return [...stage.hidden]; },
    get view() { return stage.panels.surface?.restless ? "3d" : "2d"; },
    /** The id of the curves' tab that is open. */
    get tab() { return stage.panels.curves?.tabs.chosen ?? null; },
    /** Which arrows are on, and the scale of each kind that has been drawn. */
    get arrows() {
      const { menu, arrows } = stage.panels.surface ?? {};
      return { on: [...(menu?.on ?? [])], scales: Object.fromEntries(arrows?.scales ?? []), drawn: arrows?.drawn ?? [] };
    },
    seek: (step) => clock.seek(step),
    play: () => clock.play(),
    pause: () => clock.pause(),
    /** The step each panel shows, where the heads are in pixels, and what part of the plane is seen. */
    look: () => look(stage),
  };
}

const ranges = ({ view, flat }) => (view === flat && flat.map ? { x: flat.map.rangeX, y: flat.map.rangeY } : {});

const surfaceLook = (panel, time) => ({
  heads: panel.heads(time), fans: panel.fans.heads(time), strands: panel.strandsAt(time), box: panel.view.box,
  ...ranges(panel),
});

function look(stage) {
  const { surface, curves, side } = stage.panels;
  const predict = stage.panels.predict ?? side?.shown("predictions");
  const ledger = stage.panels.ledger ?? side?.shown("ledger");
  const { time } = stage;
  return {
    time,
    surface: surface && surfaceLook(surface, time),
    views: stage.views.map((panel) => ({ id: panel.id, ...surfaceLook(panel, time) })),
    curves: curves && { cursor: curves.map?.x(time), heads: curves.heads(time), box: curves.map?.box },
    ledger: ledger && { row: ledger.row, tab: ledger.tabs.chosen, contender: ledger.ledger?.contender },
    predict: predict && { row: predict.row, box: predict.map?.box },
    side: side && { tab: side.tabs.chosen },
  };
}
