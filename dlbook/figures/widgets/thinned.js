// A network that loses hidden units at random: draw masks, and compare thinned networks, their mean, and the whole.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  const functions = { relu: (s) => Math.max(0, s), tanh: Math.tanh };

  // What every unit says for the input x, layer by layer; masks[l] holds 1 (kept) or 0 for hidden layer l.
  function forward(params, masks, x, p, name) {
    const values = [[x]], stretch = p < 1 ? 1 / (1 - p) : 0;
    params.forEach(([weight, bias], l) => {
      const h = values.at(-1), s = weight.map((row, k) => row.reduce((sum, w, d) => sum + w * h[d], bias[k]));
      values.push(l < params.length - 1 ? s.map((v, k) => functions[name](v) * masks[l][k] * stretch) : s);
    });
    return values;
  }

  // A small generator with a seed, so that a page shows the same masks at each visit.
  function generator(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  const draw = (params, p, random) => params.slice(0, -1).map(([, bias]) => bias.map(() => (random() >= p ? 1 : 0)));

  function mount(live, data, kit) {
    const { show } = kit, { params, axis, activation } = data, ends = [axis[0], axis.at(-1)];
    const random = generator(data.seed), all = params.slice(0, -1).map(([, bias]) => bias.map(() => 1));
    const curve = (masks, q) => axis.map((x) => forward(params, masks, x, q, activation).at(-1)[0]);
    const whole = curve(all, 0);
    let p = data.p, at = data.start, masks, recent, count, sum, squares;

    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const levels = params.length + 1;
    const net = kit.chart(row, { title: "The network now", x: [-0.4, levels - 0.6], y: [-0.56, 0.56], aspect: 0.95, xTicks: [], yTicks: [], label: "units, the dropped ones hollow" });
    const plot = kit.chart(row, { title: "What it says", x: ends, y: data.view, aspect: 0.8, xLabel: "input", yLabel: "output" });
    const controls = kit.make("div", { class: "dlbook-controls" }, live);
    kit.slider(controls, { label: "p, dropped", min: 0, max: 0.8, step: 0.05, value: p, text: (v) => show(v), move: (v) => { p = v; restart(); } });
    const keys = kit.make("div", { class: "dlbook-keys" }, controls);
    kit.button(keys, "Draw again", () => { again(1); update(); });
    kit.button(keys, "100 more", () => { again(100); update(); });
    const numbers = kit.readout(live, ["networks drawn", "this one", "mean", "spread", "whole network"]);
    const announce = kit.announcer(live);
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);
    const rail = kit.handle(plot, {
      label: "input", axis: "x", step: [(ends[1] - ends[0]) / 40, 0], at: () => [at, plot.y[0]],
      says: () => `input ${show(at)}`, move: (v) => { at = v; update(); },
    });

    function again(times) {
      for (let i = 0; i < times; i++) {
        masks = draw(params, p, random);
        const y = curve(masks, p);
        recent = [...recent, y].slice(-20);
        count += 1;
        sum = sum.map((v, j) => v + y[j]);
        squares = squares.map((v, j) => v + y[j] * y[j]);
      }
    }
    function restart() {
      recent = []; count = 0; sum = axis.map(() => 0); squares = axis.map(() => 0);
      again(1);
      update();
    }

    // The value of a curve at the input, between the two places of the table that are nearest.
    function read(table) {
      const part = ((at - ends[0]) / (ends[1] - ends[0])) * (axis.length - 1), i = Math.min(axis.length - 2, Math.max(0, Math.floor(part)));
      return table[i] + (part - i) * (table[i + 1] - table[i]);
    }

    function update() {
      const values = forward(params, masks, at, p, activation), kept = [[1], ...masks, [1]];
      const height = kept.map((layer) => layer.map((_, i) => 0.5 - (i + 0.5) / layer.length));
      params.forEach(([weight], l) => {
        const largest = Math.max(...weight.flat().map(Math.abs), 1e-9);
        weight.forEach((line, k) => line.forEach((w, d) => {
          const on = kept[l][d] && kept[l + 1][k];
          net.put(`edge${l}.${k}.${d}`, "path", {
            d: net.path([[l, height[l][d]], [l + 1, height[l + 1][k]]]), stroke: w < 0 ? "var(--orange)" : "var(--blue)",
            "stroke-width": 0.4 + (2 * Math.abs(w)) / largest, opacity: on ? 0.65 : 0,
          });
        }));
      });
      kept.forEach((layer, l) => {
        const largest = Math.max(...values[l].map(Math.abs), 1e-9);
        layer.forEach((on, i) => net.put(`unit${l}.${i}`, "circle", {
          cx: net.X(l), cy: net.Y(height[l][i]), r: 8, stroke: "currentColor", "stroke-width": on ? 1.6 : 1.2,
          "stroke-dasharray": on ? "none" : "2 3", opacity: on ? 1 : 0.55,
          fill: on ? `color-mix(in srgb, currentColor ${Math.round((85 * Math.abs(values[l][i])) / largest)}%, var(--paper))` : "var(--paper)",
        }));
      });
      for (let i = 0; i < 20; i++) {
        const y = recent[recent.length - 1 - i];
        plot.put("old" + i, "path", { d: y ? plot.path(axis.map((x, j) => [x, y[j]])) : "", class: "line", stroke: i ? "var(--grey)" : "var(--purple)", "stroke-width": i ? 0.9 : 2, opacity: i ? 0.55 : 1 });
      }
      const mean = sum.map((v) => v / count), line = (table) => plot.path(axis.map((x, j) => [x, table[j]]));
      plot.put("whole", "path", { d: line(whole), class: "line", stroke: "var(--orange)" });
      plot.put("mean", "path", { d: line(mean), class: "line", stroke: "var(--blue)", "stroke-dasharray": "9 4" });
      data.x.forEach((x, i) => plot.put("point" + i, "circle", { cx: plot.X(x), cy: plot.Y(data.target[i]), r: 2.4, fill: "currentColor", opacity: 0.6 }));
      plot.put("now", "path", { d: plot.path([[at, plot.y[0]], [at, plot.y[1]]]), class: "guide" });
      const spread = Math.sqrt(Math.max(0, read(squares.map((v) => v / count)) - read(mean) ** 2));
      numbers.set({ "networks drawn": String(count), "this one": show(values.at(-1)[0]), mean: show(read(mean)), spread: show(spread), "whole network": show(read(whole)) });
      announce(`${count} networks drawn. At input ${show(at)} this one says ${show(values.at(-1)[0])}, their mean ${show(read(mean))}, the whole network ${show(read(whole))}.`);
      rail.draw();
    }

    restart();
    net.onresize = update;
    plot.onresize = update;
    return [net, plot];
  }

  book.widgets.thinned = { forward, draw, generator, mount };
})(globalThis);
