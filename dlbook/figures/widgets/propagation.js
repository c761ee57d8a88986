// A map of depth and weight size: drag the ring, and watch the signal on its way up and the gradient on its way down.
// Every number was computed in Python; the script only looks it up.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // Index of the entry of an equally spaced table that lies nearest to v.
  const nearest = (table, v) => Math.min(table.length - 1, Math.max(0, Math.round(((v - table[0]) / (table.at(-1) - table[0])) * (table.length - 1))));

  function mount(live, data, kit) {
    const { show } = kit, { scale, decades, maps, names } = data, layers = maps[0].signal[0].length;
    const steps = 8, half = (scale[1] - scale[0]) / 2, ends = [scale[0] - half, scale.at(-1) + half];
    let which = 0, what = "signal", [depth, row] = data.start;

    const charts = kit.make("div", { class: "dlbook-charts" }, live);
    const plane = kit.chart(charts, { title: "Depth and size of the weights", x: [0.5, layers + 0.5], y: ends, aspect: 0.9, xLabel: "layer", yLabel: "\u03c3 \u221an", label: "map" });
    const lines = kit.chart(charts, { title: "Through the layers", x: [1, layers], y: [1e-12, 1e12], log: true, aspect: 0.9, xLabel: "layer", yLabel: "relative size" });
    const readout = kit.readout(live, ["depth", "\u03c3 \u221an", "signal, last layer", "gradient, first layer"]);
    const controls = kit.make("div", { class: "dlbook-controls" }, live), announce = kit.announcer(live);
    kit.choice(controls, { label: "Activation", value: 0, options: names.map((text, key) => ({ key, text })), move: (key) => { which = key; draw(); } });
    kit.choice(controls, { label: "The map shows", value: what, options: [{ key: "signal", text: "signal" }, { key: "gradient", text: "gradient" }], move: (key) => { what = key; draw(); } });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);

    const ring = kit.handle(plane, {
      label: "depth and size of the weights", step: [1, 2 * half], at: () => [depth, scale[row]],
      says: () => `${depth} layers, sigma times root n ${show(scale[row])}`,
      move: (x, y) => { depth = kit.clamp(Math.round(x), 1, layers); row = nearest(scale, y); draw(); },
    });

    // Signal after `d` layers, or the first layer's gradient in a network of `d` layers, as a power of ten.
    const value = (r, d) => (what === "signal" ? maps[which].signal[r][d - 1] : maps[which].gradient[r][0] - maps[which].gradient[r][d - 1]);

    function draw() {
      const areas = {};
      for (let r = 0; r < scale.length; r++) {
        const top = plane.Y(scale[r] + half), bottom = plane.Y(scale[r] - half);
        let run = 0, from = 1;
        for (let d = 1; d <= layers + 1; d++) {
          const level = d > layers ? NaN : kit.clamp(Math.round((value(r, d) / decades) * steps), -steps, steps);
          if (level === run) continue;
          if (run) areas[run] = (areas[run] || "") + `M${plane.X(from - 0.5).toFixed(1)} ${top.toFixed(1)}H${plane.X(d - 0.5).toFixed(1)}V${bottom.toFixed(1)}H${plane.X(from - 0.5).toFixed(1)}z`;
          [run, from] = [level, d];
        }
      }
      for (let level = -steps; level <= steps; level++) {
        if (level) plane.put("area" + level, "path", { d: areas[level] || "", fill: level < 0 ? "var(--blue)" : "var(--orange)", "fill-opacity": (0.8 * Math.abs(level)) / steps });
      }
      const { signal, gradient } = maps[which], inside = (v) => kit.clamp(10 ** v, 1e-13, 1e13);
      const up = signal[row].slice(0, depth).map((v, i) => [i + 1, inside(v)]);
      const down = gradient[row].slice(0, depth).map((v, i) => [i + 1, inside(v - gradient[row][depth - 1])]);
      lines.put("one", "path", { d: lines.path([[1, 1], [layers, 1]]), class: "guide" });
      lines.put("signal", "path", { d: lines.path(up), class: "line", stroke: "var(--blue)" });
      lines.put("gradient", "path", { d: lines.path(down), class: "line", stroke: "var(--orange)", "stroke-dasharray": "9 4" });
      const end = up.at(-1), first = down[0], high = (y) => kit.clamp(lines.Y(y), 14, lines.size().h - 6);
      lines.put("up", "circle", { cx: lines.X(end[0]), cy: lines.Y(end[1]), r: 4.5, fill: "var(--blue)", stroke: "var(--paper)", "stroke-width": 1.5 });
      lines.put("down", "circle", { cx: lines.X(1), cy: lines.Y(first[1]), r: 4.5, fill: "var(--orange)", stroke: "var(--paper)", "stroke-width": 1.5 });
      lines.put("upname", "text", { x: lines.X(end[0]) - 8, y: high(end[1]) - 8, "text-anchor": "end", class: "halo", text: "signal" });
      lines.put("downname", "text", { x: 10, y: high(first[1]) + (Math.abs(high(first[1]) - high(end[1])) < 30 && depth < 15 ? 18 : -8), class: "halo", text: "gradient" });
      const told = { "signal, last layer": signal[row][depth - 1], "gradient, first layer": gradient[row][0] - gradient[row][depth - 1] };
      readout.set({ depth: String(depth), "\u03c3 \u221an": show(scale[row]), ...Object.fromEntries(Object.entries(told).map(([k, v]) => [k, show(10 ** v, 3)])) });
      announce(`${names[which]}, ${depth} layers, sigma times root n ${show(scale[row])}: signal of the last layer ${show(10 ** told["signal, last layer"], 3)}, gradient of the first ${show(10 ** told["gradient, first layer"], 3)}`);
      ring.draw();
    }

    plane.onresize = draw;
    lines.onresize = draw;
    return [plane, lines];
  }

  book.widgets.propagation = { nearest, mount };
})(globalThis);
