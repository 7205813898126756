// The keyboard: while the focus is on the stage, or nowhere.

/** Which way an arrow key moves a point of the plane. */
export const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const TYPING = "input:not([type=range]), textarea, select, [contenteditable=true], [contenteditable='']";

function actions(clock) {
  return {
    " ": () => clock.toggle(),
    ArrowLeft: (event) => clock.nudge(event.shiftKey ? -10 : -1),
    ArrowRight: (event) => clock.nudge(event.shiftKey ? 10 : 1),
    Home: () => clock.nudge(-Infinity),
    End: () => clock.nudge(Infinity),
    "[": () => clock.faster(-1),
    "]": () => clock.faster(1),
  };
}

/** Whether a modifier makes a command of a key. Many keyboards have the brackets on AltGr, which some
 *  systems tell as Ctrl and Alt. */
function commands({ key, ctrlKey, metaKey, altKey }) {
  if ("[]".includes(key) && altKey) return metaKey;
  return ctrlKey || metaKey || altKey;
}

/** Listen until the returned function is called; `inFront` tells which of several stages is meant. */
export function listenToKeys(root, clock, inFront) {
  const byKey = actions(clock);
  const heard = (event) => {
    const action = byKey[event.key];
    if (!action || commands(event) || event.defaultPrevented) return;
    const focus = document.activeElement;
    const nowhere = !focus || focus === document.body || focus.matches("section.stMain, .stMain, .stAppViewContainer");
    if (nowhere ? !inFront() : !root.contains(focus)) return;
    if (focus?.matches(TYPING)) return;
    const own = focus?.closest("[data-own-keys]")?.dataset.ownKeys ?? "";
    if (own.split(" ").includes(event.key)) return; // e.g. arrows that walk along tabs
    if (event.key === " " && focus?.matches("button")) return; // a focused button keeps its space bar
    event.preventDefault();
    action(event);
  };
  document.addEventListener("keydown", heard, true);
  return () => document.removeEventListener("keydown", heard, true);
}
