// Light or dark: what the page is now, which may be later than what the server knew.

/** "dark" or "light" by the lightness of the page's ground, or null where that is not known. */
function pageMode(host) {
  const ground = getComputedStyle(host).getPropertyValue("--st-background-color").trim();
  if (!ground) return null;
  const sample = document.createElement("i");
  sample.style.color = ground;
  host.append(sample);
  const [red, green, blue] = (getComputedStyle(sample).color.match(/[\d.]+/g) ?? []).map(Number);
  sample.remove();
  if (blue === undefined) return null;
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
}

/** The theme to draw with. */
export function themeFor(host, { theme, themes }) {
  const mode = pageMode(host) ?? theme.mode;
  return mode === theme.mode ? theme : themes[mode];
}
