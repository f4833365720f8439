// @ts-check
// The page is in English, whatever language the browser prefers: Gradio marks it with that one.

const LANGUAGE = "en";

export function start() {
  const page = document.documentElement;
  const mark = () => { if (page.lang !== LANGUAGE) page.lang = LANGUAGE; };
  new MutationObserver(mark).observe(page, { attributes: true, attributeFilter: ["lang"] });
  mark();
}
