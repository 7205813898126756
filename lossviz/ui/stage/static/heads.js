// The head shapes of the contenders, and the marks for "diverged" and "out of view".

const polygon = (sides, turn) => (path, r) => {
  for (let i = 0; i < sides; i += 1) {
    const angle = turn + (2 * Math.PI * i) / sides;
    path[i ? "lineTo" : "moveTo"](r * Math.cos(angle), r * Math.sin(angle));
  }
  path.closePath();
};

const UP = -Math.PI / 2;
const circle = (path, r) => path.arc(0, 0, r * 0.92, 0, 2 * Math.PI);
const square = (path, r) => path.rect(-0.82 * r, -0.82 * r, 1.64 * r, 1.64 * r);
const diamond = polygon(4, UP);

function star(path, r) {
  for (let i = 0; i < 10; i += 1) {
    const radius = i % 2 ? 0.5 * r : 1.15 * r;
    const angle = UP + (Math.PI * i) / 5;
    path[i ? "lineTo" : "moveTo"](radius * Math.cos(angle), radius * Math.sin(angle));
  }
  path.closePath();
}

function cross(path, r) {
  const a = 0.34 * r;
  const corners = [[-a, -r], [a, -r], [a, -a], [r, -a], [r, a], [a, a], [a, r], [-a, r], [-a, a],
    [-r, a], [-r, -a], [-a, -a]];
  corners.forEach(([x, y], i) => path[i ? "lineTo" : "moveTo"](x, y));
  path.closePath();
}

const SHAPES = {
  circle, square, diamond, star, cross,
  triangle: polygon(3, UP),
  "triangle-down": polygon(3, -UP),
  pentagon: polygon(5, UP),
  hexagon: polygon(6, 0),
  "circle-open": circle,
  "square-open": square,
  "diamond-open": diamond,
};

/** A head of radius `r` at (x, y), ringed in the background's colour. */
export function drawHead(context, mark, x, y, ground, r = 6) {
  context.save();
  context.translate(x, y);
  context.setLineDash([]);
  context.lineJoin = "round";
  context.beginPath();
  SHAPES[mark.head](context, r);
  context.lineWidth = 4;
  context.strokeStyle = ground;
  context.stroke();
  const open = mark.head.endsWith("-open");
  context.fillStyle = open ? ground : mark.color;
  context.fill();
  if (open) {
    context.lineWidth = 2;
    context.strokeStyle = mark.color;
    context.stroke();
  }
  context.restore();
}

/** An "x": here the run left the finite numbers. */
export function drawDiverged(context, mark, x, y, ground, r = 6) {
  context.save();
  context.translate(x, y);
  context.setLineDash([]);
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(-r, -r);
  context.lineTo(r, r);
  context.moveTo(-r, r);
  context.lineTo(r, -r);
  for (const [width, color] of [[6, ground], [2.6, mark.color]]) {
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }
  context.restore();
}

/** An arrowhead at the border of `box` that points to a head outside of it. */
export function drawOutside(context, mark, x, y, box, ground) {
  const inset = 9;
  const px = Math.min(Math.max(x, box.left + inset), box.left + box.width - inset);
  const py = Math.min(Math.max(y, box.top + inset), box.top + box.height - inset);
  context.save();
  context.translate(px, py);
  context.rotate(Math.atan2(y - py, x - px));
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(7, 0);
  context.lineTo(-4, -5.5);
  context.lineTo(-4, 5.5);
  context.closePath();
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = ground;
  context.stroke();
  context.fillStyle = mark.color;
  context.fill();
  context.restore();
  return [px, py];
}

export const inside = (box, x, y) =>
  x >= box.left - 1 && x <= box.left + box.width + 1 && y >= box.top - 1 && y <= box.top + box.height + 1;
