const tag = document.querySelector('script[src*="/static/js/"]');
const root = tag?.src.startsWith(location.origin) ? tag.src.split("/static/js/")[0] : location.origin;
export default (args) => import(root + "@DIAL@/index.js").then((dials) => dials.default(args));
