/** What the page and the tests find on `window`. */
interface Window {
  Plotly: any;
  /** What the form is made of; the server writes it into the page. */
  gvFacts: any;
  ganviz: Record<string, any>;
}
