// Activations and their derivatives: drag x along and read value and slope of each.
// Every number was computed in Python; the script only looks it up.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // Index of the entry of an equally spaced table that lies nearest to v.
  const nearest = (table, v) => Math.min(table.length - 1, Math.max(0, Math.round(((v - table[0]) / (table.at(-1) - table[0])) * (table.length - 1))));

  function mount(live, data, kit) {
    const { show } = kit, { x } = data, ends = [x[0], x.at(-1)];
    const colours = ["var(--blue)", "var(--orange)", "var(--green)", "var(--purple)", "var(--grey)", "currentColor"];
    const dashes = ["none", "9 4", "2.5 3.5", "11 4 2.5 4", "18 4", "none"];
    // A second round of the six colours is told apart by the next dash.
    const curves = data.curves.map((c, i) => ({ ...c, colour: colours[i % 6], dash: dashes[(i + Math.floor(i / 6)) % 6] }));
    let seen = data.shown, at = nearest(x, data.start);

    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const value = kit.chart(row, { title: "Value", x: ends, y: data.values, aspect: 0.8, xTicks: kit.ticks(ends[0], ends[1], 4), xLabel: "x", yLabel: "activation" });
    const slope = kit.chart(row, { title: "Slope", x: ends, y: data.slopes, aspect: 0.8, xTicks: kit.ticks(ends[0], ends[1], 4), xLabel: "x", yLabel: "derivative" });
    const side = kit.make("div", { class: "dlbook-chart", style: "flex:1 1 13rem" }, row);
    const table = kit.make("table", { class: "dlbook-values" }, side), caption = kit.make("caption", {}, table);
    const head = kit.make("tr", {}, kit.make("thead", {}, table)), body = kit.make("tbody", {}, table);
    for (const text of ["activation", "value", "slope"]) kit.make("th", { scope: "col", text }, head);
    const controls = kit.make("div", { class: "dlbook-controls" }, live), announce = kit.announcer(live);
    kit.choice(controls, {
      label: "Shown", many: true, value: seen, move: (keys) => { seen = keys; draw(); },
      options: curves.map((c) => ({ key: c.name, text: c.name, colour: c.colour, dash: c.dash !== "none" })),
    });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);

    const both = [value, slope];
    const rails = both.map((chart) => kit.handle(chart, {
      label: "x", axis: "x", step: [(x[1] - x[0]) * 5, 0], at: () => [x[at], chart.y[0]], says: () => `x ${show(x[at])}`,
      move: (v) => { at = nearest(x, v); draw(); },
    }));
    // The charts follow a mouse; a finger scrolls the page unless it takes a handle.
    for (const chart of both) {
      chart.svg.addEventListener("pointermove", (event) => {
        if (event.pointerType !== "mouse" || event.target.closest(".dlbook-handle")) return;
        const frame = chart.svg.getBoundingClientRect(), matrix = chart.over.transform.baseVal[0].matrix;
        at = nearest(x, chart.invert(event.clientX - frame.left - matrix.e, 0)[0]);
        draw();
      });
    }

    function draw() {
      const here = x[at], reach = (ends[1] - ends[0]) / 10;
      for (const chart of both) {
        chart.put("zero", "path", { d: chart.path([[0, chart.y[0]], [0, chart.y[1]]]), class: "guide" });
        chart.put("level", "path", { d: chart.path([[ends[0], 0], [ends[1], 0]]), class: "guide" });
        chart.put("now", "path", { d: chart.path([[here, chart.y[0]], [here, chart.y[1]]]), stroke: "currentColor", "stroke-width": 1.4 });
      }
      body.textContent = "";
      for (const c of curves) {
        const on = seen.includes(c.name), v = c.values[at], s = c.slopes[at], hide = { visibility: on ? "visible" : "hidden" };
        for (const [chart, list] of [[value, c.values], [slope, c.slopes]]) {
          const d = list.map((u, i) => (i && !(chart === slope && c.breaks.includes(i)) ? "L" : "M") + chart.X(x[i]).toFixed(1) + " " + chart.Y(u).toFixed(1)).join("");
          chart.put("line" + c.name, "path", { d, class: "line", stroke: c.colour, "stroke-linecap": "butt", "stroke-dasharray": c.dash, ...hide });
          chart.put("dot" + c.name, "circle", { cx: chart.X(here), cy: chart.Y(list[at]), r: 5, fill: c.colour, stroke: "var(--paper)", "stroke-width": 1.5, ...hide });
        }
        value.put("tangent" + c.name, "path", { d: value.path([[here - reach, v - reach * s], [here + reach, v + reach * s]]), stroke: c.colour, "stroke-width": 6, opacity: 0.35, ...hide });
        if (!on) continue;
        const line = kit.make("tr", {}, body), name = kit.make("th", { scope: "row" }, line);
        kit.make("span", { class: "dlbook-key", style: `color:${c.colour};border-top-style:${c.dash === "none" ? "solid" : "dashed"}` }, name);
        name.append(c.name);
        kit.make("td", { text: show(v, 3) }, line);
        kit.make("td", { text: show(s, 3) }, line);
      }
      caption.textContent = `at x = ${show(here)}`;
      announce(`x ${show(here)}: ` + curves.filter((c) => seen.includes(c.name)).map((c) => `${c.name} ${show(c.values[at])}, slope ${show(c.slopes[at])}`).join("; "));
      for (const rail of rails) rail.draw();
    }

    value.onresize = draw;
    slope.onresize = draw;
    return [value, slope];
  }

  book.widgets.activations = { nearest, mount };
})(globalThis);
