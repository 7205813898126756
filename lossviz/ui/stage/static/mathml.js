// A formula of the server's, rebuilt from the elements of presentation MathML and nothing else.

const MATHML = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(("math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msup msub msubsup munder"
  + " mover munderover mtable mtr mtd mpadded mphantom mstyle semantics").split(" "));
const ATTRIBUTES = new Set(("display displaystyle scriptlevel mathvariant stretchy fence separator form lspace"
  + " rspace accent accentunder linethickness width height depth largeop movablelimits symmetric minsize"
  + " maxsize columnalign rowspacing columnspacing").split(" "));

/** The <math> element of this text, or null where it holds none. */
export function formula(text) {
  const parsed = new DOMParser().parseFromString(text, "application/xml");
  const root = parsed.documentElement;
  return root?.localName === "math" && !parsed.querySelector("parsererror") ? rebuilt(root) : null;
}

function rebuilt(source) {
  const node = document.createElementNS(MATHML, source.localName);
  for (const { localName, value } of source.attributes) {
    if (ATTRIBUTES.has(localName)) node.setAttribute(localName, value);
  }
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) node.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE && ELEMENTS.has(child.localName)) node.append(rebuilt(child));
  }
  return node;
}
