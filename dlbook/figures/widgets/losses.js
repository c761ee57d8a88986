// Losses as functions of the margin: drag the margin along and read value and slope of each.
// Every number was computed in Python; the script only looks it up.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // Index of the margin in the table that lies nearest to m.
  const nearest = (margin, m) => Math.min(margin.length - 1, Math.max(0, Math.round(((m - margin[0]) / (margin.at(-1) - margin[0])) * (margin.length - 1))));

  function mount(live, data, kit) {
    const { show } = kit, { margin, families, top } = data;
    const colours = ["var(--blue)", "var(--orange)", "var(--green)", "var(--purple)", "var(--grey)", "currentColor"];
    const dashes = ["none", "9 4", "2.5 3.5", "11 4 2.5 4", "18 4", "none"];
    const curves = data.curves.map((c, i) => ({ ...c, colour: colours[i % 6], dash: dashes[i % 6] }));
    let seen = data.shown, at = nearest(margin, data.start), member = {};
    for (const f of families) member[f.name] = f.start;

    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const chart = kit.chart(row, { x: [margin[0], margin.at(-1)], y: [data.bottom, top], aspect: 0.62, xLabel: data.xLabel, yLabel: data.yLabel, label: "losses" });
    chart.box.style.flexGrow = 2;
    const side = kit.make("div", { class: "dlbook-chart", style: "flex:1 1 13rem" }, row);
    const table = kit.make("table", { class: "dlbook-values" }, side);
    const caption = kit.make("caption", {}, table), head = kit.make("tr", {}, kit.make("thead", {}, table)), body = kit.make("tbody", {}, table);
    for (const text of ["loss", "value", "slope"]) kit.make("th", { scope: "col", text }, head);
    const controls = kit.make("div", { class: "dlbook-controls" }, live);
    const announce = kit.announcer(live);

    kit.choice(controls, {
      label: "Shown", many: true, value: seen, move: (keys) => { seen = keys; draw(); },
      options: curves.map((c) => ({ key: c.name, text: c.name, colour: c.colour, dash: c.dash !== "none" })),
    });
    for (const f of families) {
      kit.slider(controls, {
        label: `${f.name}: ${f.parameter}`, min: 0, max: f.grid.length - 1, step: 1, value: f.start, text: (i) => show(f.grid[i], 1),
        move: (i) => { member[f.name] = i; draw(); },
      });
    }
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);

    // A curve of a family takes the row of the parameter that the slider names.
    const family = (c) => families.find((f) => f.name === c.name);
    const values = (c) => (family(c) ? family(c).values[member[c.name]] : c.values);
    const slopes = (c) => (family(c) ? family(c).slopes[member[c.name]] : c.slopes);

    const rail = kit.handle(chart, {
      label: "margin", axis: "x", step: [(margin[1] - margin[0]) * 5, 0], at: () => [margin[at], data.bottom], says: () => `margin ${show(margin[at])}`,
      move: (x) => { at = nearest(margin, x); draw(); },
    });
    // The whole chart follows a mouse; a finger scrolls the page unless it takes the handle.
    chart.svg.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "mouse" || event.target.closest(".dlbook-handle")) return;
      const frame = chart.svg.getBoundingClientRect(), matrix = chart.over.transform.baseVal[0].matrix;
      at = nearest(margin, chart.invert(event.clientX - frame.left - matrix.e, 0)[0]);
      draw();
    });

    function draw() {
      const m = margin[at], reach = (margin.at(-1) - margin[0]) / 9;
      chart.put("zero", "path", { d: chart.path([[0, data.bottom], [0, top]]), class: "guide" });
      chart.put("now", "path", { d: chart.path([[m, data.bottom], [m, top]]), stroke: "currentColor", "stroke-width": 1.4 });
      body.textContent = "";
      for (const c of curves) {
        const on = seen.includes(c.name), v = values(c), s = slopes(c);
        const hide = { visibility: on ? "visible" : "hidden" };
        chart.put("line" + c.name, "path", { d: path(v, c.breaks), class: "line", stroke: c.colour, "stroke-linecap": "butt", "stroke-dasharray": c.dash, ...hide });
        chart.put("tangent" + c.name, "path", { d: chart.path([[m - reach, v[at] - reach * s[at]], [m + reach, v[at] + reach * s[at]]]), stroke: c.colour, "stroke-width": 6, opacity: 0.35, ...hide });
        chart.put("dot" + c.name, "circle", { cx: chart.X(m), cy: chart.Y(v[at]), r: 5, fill: c.colour, stroke: "var(--paper)", "stroke-width": 1.5, ...hide });
        if (!on) continue;
        const line = kit.make("tr", {}, body), name = kit.make("th", { scope: "row" }, line);
        kit.make("span", { class: "dlbook-key", style: `color:${c.colour};border-top-style:${c.dash === "none" ? "solid" : "dashed"}` }, name);
        name.append(c.name);
        kit.make("td", { text: show(v[at], 3) }, line);
        kit.make("td", { text: show(s[at], 3) }, line);
      }
      caption.textContent = `at margin ${show(m)}`;
      announce(`margin ${show(m)}: ` + curves.filter((c) => seen.includes(c.name)).map((c) => `${c.name} ${show(values(c)[at])}`).join(", "));
      rail.draw();
    }

    // A loss with a jump is drawn without the vertical stroke that would pretend a slope.
    function path(values, breaks) {
      return values.map((v, i) => (i && !breaks.includes(i) ? "L" : "M") + chart.X(margin[i]).toFixed(1) + " " + chart.Y(v).toFixed(1)).join("");
    }

    chart.onresize = draw;
    return [chart];
  }

  book.widgets.losses = { nearest, mount };
})(globalThis);
