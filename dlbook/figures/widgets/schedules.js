// Learning-rate schedules, and what they do to a descent that is noisy: drag the peak, choose the shape.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // Each builds the rate of step s from the lowest and the highest rate, a period n, and the number of all steps.
  const shapes = {
    constant: ({ high }) => () => high,
    step: ({ high, n }) => (s) => high * 0.5 ** Math.floor(s / n),
    triangular: ({ low, high, n }) => (s) => low + (high - low) * (1 - Math.abs((s % (2 * n)) / n - 1)),
    doubling: ({ low, high, n }) => (s) => {
      const doubled = 2 ** Math.floor(Math.log2(Math.floor(s / (2 * n)) + 1) + 1e-9);
      return low + (high - low) * (1 - Math.abs((s - 2 * n * (doubled - 1)) / (doubled * n) - 1));
    },
    "cosine, restarted": ({ low, high, n }) => (s) => {
      let [t, length] = [s, n];
      while (t >= length) [t, length] = [t - length, 2 * length];
      return low + ((high - low) * (1 + Math.cos((Math.PI * t) / length))) / 2;
    },
    "warm-up, cosine": ({ low, high, n, steps }) => (s) => {
      if (s < n) return high * (0.1 + (0.9 * s) / n);
      return low + ((high - low) * (1 + Math.cos((Math.PI * (s - n)) / (steps - n)))) / 2;
    },
  };

  // The mean height of a descent on x^2 / 2 whose gradients have noise of variance 1, before each step and at the end.
  function heights(rates, start) {
    let square = start * start;
    const out = [square / 2];
    for (const lr of rates) { square = (1 - lr) ** 2 * square + lr * lr; out.push(square / 2); }
    return out;
  }

  function mount(live, data, kit) {
    const { show } = kit, { steps } = data;
    let { shape, low, high, n } = data;
    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const left = kit.chart(row, { title: "The rate", x: [0, steps], y: [0, data.top], aspect: 0.8, xLabel: "step", yLabel: "learning rate" });
    const right = kit.chart(row, { title: "What it does to a noisy descent", x: [0, steps], y: [1e-3, 10], log: true, aspect: 0.8, xLabel: "step", yLabel: "mean height" });
    const controls = kit.make("div", { class: "dlbook-controls" }, live);
    const note = kit.make("p", { class: "dlbook-note" }, live), announce = kit.announcer(live);
    const kinds = kit.choice(controls, { label: "Schedule", value: shape, options: Object.keys(shapes).map((key) => ({ key, text: key })), move: (key) => { shape = key; draw(); } });
    const floor = kit.slider(controls, { label: "lowest rate", min: -3, max: -0.5, step: 0.05, value: Math.log10(low), text: (v) => show(10 ** v, 3), move: (v) => { low = 10 ** v; draw(); } });
    const keys = kit.make("div", { class: "dlbook-keys" }, controls);
    kit.button(keys, "Reset", () => { ({ shape, low, high, n } = data); kinds.set(shape); floor.set(Math.log10(low)); draw(); });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);
    const grip = kit.handle(left, {
      label: "period and highest rate", step: [1, data.top / 30], at: () => [n, high], says: () => `period ${n}, highest rate ${show(high)}`,
      move: (x, y) => { n = Math.round(kit.clamp(x, 2, steps / 2)); high = kit.clamp(y, 0.05, data.top); draw(); },
    });

    function draw() {
      const base = Math.min(low, high), rate = shapes[shape]({ low: base, high, n, steps });
      const rates = Array.from({ length: steps }, (_, s) => rate(s)), path = heights(rates, data.start);
      left.put("rate", "path", { class: "line", stroke: "var(--blue)", d: left.path(rates.map((lr, s) => [s, lr])) });
      right.put("height", "path", { class: "line", stroke: "var(--orange)", d: right.path(path.map((h, s) => [s, kit.clamp(h, 1e-4, 1e3)])) });
      // Where a constant rate would come to rest: lr / (2 (2 - lr)).
      right.put("floor", "path", { class: "guide", d: right.path(rates.map((lr, s) => [s, kit.clamp(lr / (2 * (2 - lr)), 1e-4, 1e3)])) });
      right.put("name", "text", { x: 8, y: 14, class: "halo", text: "dotted: the floor of each rate, if it stayed" });
      note.textContent = `Mean height at the end: ${show(path.at(-1), 4)}. A constant rate of ${show(high)} would end at ${show(high / (2 * (2 - high)), 3)}.`;
      announce(note.textContent);
      grip.draw();
    }

    left.onresize = draw;
    right.onresize = draw;
    return [left, right];
  }

  book.widgets.schedules = { shapes, heights, mount };
})(globalThis);
