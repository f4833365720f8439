// The curves, drawn by Plotly, with a cursor at the step that the pictures show. A click on them moves the replay.
"use strict";

{
  const SMOOTHING = 0.1;
  const TONES = { d: "d", g: "fake", real: "real", fake: "fake" };
  const DASHED = ["g", "fake"];
  const SETTINGS = { displayModeBar: false, responsive: false, doubleClick: "reset+autosize", showTips: false };
  const columns = data.columns;
  const steps = columns.step ?? [];
  const colour = (name) => getComputedStyle(document.body).getPropertyValue(`--gv-${name}`).trim();
  const tone = (series) => TONES[series.colour] ?? "muted";
  const charts = ["loss", "score"].map((group) => ({ group, plot: $(`plot-${group}`), keys: [],
    series: data.series.filter((series) => series.group === group && columns[series.name]?.some((value) => value != null)) }));

  function smooth(values) {
    let mean = null;
    return values.map((value, index) => {
      if (value != null) mean = mean == null ? value : mean + Math.max(SMOOTHING, 1 / (index + 1)) * (value - mean);
      return mean;
    });
  }

  const calm = Object.fromEntries(charts.flatMap((chart) => chart.series).map(({ name }) => [name, smooth(columns[name])]));

  function figure(value) {
    if (value == null) return "–";
    const size = Math.abs(value);
    return size >= 1000 ? whole.format(value) : value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3);
  }

  function traces(chart) {
    return chart.series.flatMap((series) => {
      const line = { color: colour(tone(series)), width: 1.9, dash: DASHED.includes(series.colour) ? "6px,2px" : "solid" };
      const common = { type: "scatter", mode: "lines", x: steps, connectgaps: true, showlegend: false, name: series.label };
      return [{ ...common, y: columns[series.name], opacity: 0.28, line: { ...line, width: 1, dash: "solid" }, hoverinfo: "skip" },
        { ...common, y: calm[series.name], line, hovertemplate: "%{y:.4~g}<extra>%{fullData.name}</extra>" }];
    });
  }

  function layout(chart) {
    const ink = colour("muted");
    const axis = { gridcolor: colour("gridline"), zeroline: false, tickfont: { size: 11, color: ink }, linecolor: colour("line") };
    const unit = chart.group === "score" && chart.series.every(({ name }) => columns[name].every((v) => v == null || (v >= 0 && v <= 1)));
    return {
      margin: { l: 44, r: 12, t: 6, b: 26 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, color: ink, size: 11 },
      xaxis: { ...axis, showgrid: false, rangemode: "tozero", nticks: 7, tickformat: ",d", hoverformat: ",d" },
      yaxis: { ...axis, nticks: 6, ...(unit ? { range: [-0.03, 1.03], dtick: 0.25 } : {}) },
      hovermode: "x unified", dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", showlegend: false,
      hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink"), size: 12 } },
      ...marks(chart),
    };
  }

  function marks(chart) {
    const shapes = [];
    const annotations = [];
    const lines = [];
    for (const { name, label, colour: role } of chart.group === "loss" ? chart.series : []) {
      const value = data.equilibrium[name];
      if (typeof value !== "number") continue;
      const twin = lines.find((line) => line.value === value);
      if (twin) Object.assign(twin, { who: `${twin.who} and ${label.split(" ")[0]}`, tone: "muted" });
      else lines.push({ value, who: label.split(" ")[0], tone: TONES[role] ?? "muted" });
    }
    for (const { value, who, tone: shade } of lines) {
      shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value, layer: "below", opacity: 0.75,
        line: { color: colour(shade), width: 1, dash: "4px,4px" } });
      annotations.push({ xref: "paper", x: 1, xanchor: "right", y: value, yanchor: "bottom", showarrow: false, borderpad: 1,
        text: `${who} at equilibrium ${figure(value)}`, font: { size: 10.5, color: colour(shade) }, bgcolor: colour("card-veil") });
    }
    if (data.moments.length) {
      shapes.push({ type: "line", yref: "paper", x0: page.step, x1: page.step, y0: 0, y1: 1, line: { color: colour("ink"), width: 1.2 } });
    }
    return { shapes, annotations };
  }

  function legend(chart) {
    $(`legend-${chart.group}`).replaceChildren(...chart.series.map((series) => {
      const key = el("span", { style: `--tone: var(--gv-${tone(series)})` },
        el("i", { className: DASHED.includes(series.colour) ? "dashed" : "" }), series.label.split(",")[0], el("b"));
      chart.keys.push([series.name, key.lastElementChild]);
      return key;
    }));
  }

  /** The legend tells the values at the cursor. */
  function values() {
    let row = steps.findIndex((step) => step > page.step);
    row = row < 0 || !data.moments.length ? steps.length - 1 : Math.max(0, row - 1);
    for (const chart of charts) for (const [name, place] of chart.keys) place.textContent = figure(calm[name]?.[row]);
  }

  function draw(chart) {
    Plotly.react(chart.plot, traces(chart), layout(chart), SETTINGS);
  }

  let due = 0;
  function follow() {
    due ||= requestAnimationFrame(() => {
      due = 0;
      values();
      for (const chart of charts) if (chart.series.length) Plotly.relayout(chart.plot, marks(chart));
      document.body.dataset.cursor = page.step;
    });
  }

  const drawn = charts.filter((chart) => chart.series.length && window.Plotly);
  for (const chart of charts) {
    if (!drawn.includes(chart)) { chart.plot.hidden = chart.plot.previousElementSibling.hidden = true; continue; }
    legend(chart);
    draw(chart);
    new ResizeObserver(() => Plotly.Plots.resize(chart.plot)).observe(chart.plot);
    chart.plot.on("plotly_click", ({ points }) => page.go(points[0].x));
  }
  $("curves-note").hidden = drawn.length > 0;
  $("curves-note").textContent = "This run has measured no losses.";
  values();
  document.body.dataset.cursor = page.step;
  page.on((what) => {
    if (!drawn.length) return;
    if (what === "step") follow();
    if (what === "theme") drawn.forEach(draw);
  });
}
