// Elements of SVG and HTML, made in one call.

const SVG = "http://www.w3.org/2000/svg";

const dress = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};

export const svg = (name, attributes = {}, ...children) =>
  dress(document.createElementNS(SVG, name), attributes, children);

export const html = (name, attributes = {}, ...children) =>
  dress(document.createElement(name), attributes, children);

// A path through points in pixels; where one is missing or far outside, the line has a gap.
export const path = (xs, ys) => {
  let text = "";
  let pen = false;
  for (let i = 0; i < xs.length; i++) {
    const seen = Number.isFinite(xs[i]) && Number.isFinite(ys[i]) && Math.abs(ys[i]) < 1e5;
    if (seen) text += `${pen ? "L" : "M"}${xs[i].toFixed(1)} ${ys[i].toFixed(1)}`;
    pen = seen;
  }
  return text;
};
