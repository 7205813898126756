// Make elements: el("button", {class: "x", onclick: f, "aria-label": "y"}, child, "text").

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Change text only where it differs, so that a screen reader and the layout are left in peace. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
