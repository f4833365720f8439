/** What the server sends: ganviz/server/live_protocol.py and describe.py say it in full. */

import type { Columns, Series } from "./plot.js";

/** What the page knows of a run that does not change while it trains. */
export interface RunFacts {
  id: string;
  name: string;
  config: Record<string, any>;
  conditional?: boolean;
  series: Series[];
  equilibrium?: Record<string, number | null>;
  spec?: { kind: "images" | "points"; classes?: string[] } | null;
  [more: string]: any;
}

export interface Status {
  id: string;
  name?: string;
  state: string;
  step: number;
  steps: number;
  elapsed?: number;
  left?: number | null;
  images_per_second?: number;
  sentence?: string;
  error?: string | null;
}

/** The newest grid of samples. */
export interface FrameInfo {
  url: string;
  step: number;
  rows: number;
  cols: number;
  /** Whether the run folder keeps this one. */
  kept?: boolean;
}

export interface RunEvent {
  kind: string;
  step: number;
  seq: number;
  data: any;
  /** Came with a hello: it happened before. */
  old?: boolean;
}

/** Everything there is, at the start and whenever the page fell too far behind. */
export interface Hello {
  type: "hello";
  epoch: string;
  run: RunFacts | null;
  server: Record<string, any>;
  status: Status | null;
  frame: FrameInfo | null;
  frames?: number[];
  snapshot?: number;
  history: { cursor: number; columns: Columns };
  events?: RunEvent[];
  probes?: Record<string, RunEvent>;
  measured?: Record<string, any>;
}

/** What is new. */
export interface Delta {
  type: "delta";
  cursor?: number;
  columns?: Columns;
  status?: Status;
  frame?: FrameInfo;
  /** Steps of the frames that were kept since. */
  frames?: number[];
  snapshot?: number;
  events?: RunEvent[];
  probes?: Record<string, RunEvent>;
}

/** What is new of the class, by the name of each piece. */
export interface ClassNews {
  type: "class";
  state: Record<string, any>;
}

export interface Refusal {
  type: "error";
  error: string;
}
