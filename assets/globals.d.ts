/** What the scripts, the pages and the tests find on `window`. */
interface Window {
  Plotly: any;
  /** What the form is made of; the server writes it into the page. */
  gvFacts: any;
  /** What tests and benchmarks read. */
  ganviz: Record<string, any>;

  // the exported page
  GANVIZ: any;
  GANVIZ_RUNTIME: any;
  GANVIZ_MODEL: any;
  ort: any;
  page: Record<string, any>;
}
