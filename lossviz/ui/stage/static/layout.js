// Where several surfaces and the panels beside them stand: cells of a grid of six columns.

const COLUMNS = 6;
const LEAST = 300; // pixels of width that a picture needs

/** Share of the stage's height that each surface takes, by the number of rows of surfaces. */
const SHARES = [1, 0.58, 0.47, 0.43];

/**
 * For `surfaces` pictures and `others` panels on a stage of this width: how many columns each takes,
 * and how high the surfaces are. What the last row of surfaces leaves free is for the first panel.
 */
export function arrange(surfaces, others, width) {
  const wanted = surfaces <= 4 ? 2 : 3;
  const across = Math.min(wanted, Math.max(1, Math.floor(width / LEAST)));
  const free = (across - (surfaces % across)) % across;
  const beside = free && others ? [free * (COLUMNS / across)] : [];
  const below = others - beside.length;
  return {
    surface: COLUMNS / across,
    others: [...beside, ...Array(below).fill(COLUMNS / Math.max(1, below))],
    share: SHARES[Math.min(Math.ceil(surfaces / across), SHARES.length - 1)],
  };
}

/** Put the nodes into these cells. */
export function place(pictures, surfaces, others, width) {
  const cells = arrange(surfaces.length, others.length, width);
  pictures.style.setProperty("--lv-share", cells.share);
  for (const node of surfaces) node.style.gridColumn = `span ${cells.surface}`;
  others.forEach((node, i) => (node.style.gridColumn = `span ${cells.others[i]}`));
}
