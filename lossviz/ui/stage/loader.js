// Sent inline with every message, so it only fetches the real module, and Plotly when it is asked for.
// The module is kept: to import it again takes a turn behind all that the browser has to do.
const script = document.querySelector('script[src*="/static/js/"]');
const base = script && script.src.startsWith(location.origin)
  ? script.src.split("/static/js/")[0] : location.origin;
const plotly = () => (window.lossvizPlotly ??= new Promise((done, fail) => {
  const src = base + "@PLOTLY@/plotly.min.js";
  const tag = Object.assign(document.createElement("script"), { src, async: true });
  tag.onload = () => done(window.Plotly);
  tag.onerror = () => { tag.remove(); window.lossvizPlotly = undefined; fail(new Error("no Plotly")); };
  document.head.append(tag);
}));
let kept;
export default (args) => {
  if (!args.parentElement.style.minHeight) args.parentElement.style.minHeight = "560px";
  const show = (stage) => (kept = stage).default({ ...args, plotly });
  return kept ? show(kept) : import(base + "@STAGE@/index.js").then(show, () => {
    args.parentElement.textContent = "The pictures did not load. Check the connection and reload the page.";
  });
};
