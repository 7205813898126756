const tag = document.querySelector('script[src*="/static/js/"]');
const root = tag?.src.startsWith(location.origin) ? tag.src.split("/static/js/")[0] : location.origin;
let calls = 0;
export default (args) => {
  const call = ++calls;
  return import(root + "@DIAL@/index.js").then((dials) => dials.default({ ...args, call }));
};
