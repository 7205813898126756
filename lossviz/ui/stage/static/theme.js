// Light or dark: what the page is now, which may be later than what the server knew.

/** "dark" or "light" by the lightness of the page's ground, or null where that is not known. */
function pageMode(host) {
  const ground = getComputedStyle(host).getPropertyValue("--st-background-color").trim();
  if (!ground) return null;
  if (!modes.has(ground)) modes.set(ground, modeOf(ground));
  return modes.get(ground);
}

const modes = new Map(); // by colour: to paint one and look is slow

function modeOf(color) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d");
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
  if (!alpha) return null;
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
}

/** The theme to draw with. */
export function themeFor(host, { theme, themes }) {
  const mode = pageMode(host) ?? theme.mode;
  return mode === theme.mode ? theme : themes[mode];
}
