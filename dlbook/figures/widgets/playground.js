// A small network that is trained on the spot: choose data, depth, activation and step, and watch the plane.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // Value and slope of each activation; the slope is given the value too.
  const activations = {
    relu: { value: (s) => Math.max(0, s), slope: (s) => (s > 0 ? 1 : 0) },
    tanh: { value: Math.tanh, slope: (s, h) => 1 - h * h },
    sigmoid: { value: (s) => Math.exp(Math.min(s, 0)) / (1 + Math.exp(-Math.abs(s))), slope: (s, h) => h * (1 - h) },
    identity: { value: (s) => s, slope: () => 1 },
  };

  // Every layer's values for one point: [x, s1, h1, s2, h2, ..., scores]. A layer is [weight, bias].
  function forward(params, x, name) {
    const { value } = activations[name], values = [x];
    params.forEach(([weight, bias], l) => {
      const h = values.at(-1), s = weight.map((row, k) => row.reduce((sum, w, d) => sum + w * h[d], bias[k]));
      values.push(s);
      if (l < params.length - 1) values.push(s.map(value));
    });
    return values;
  }

  function softmax(s) {
    const top = Math.max(...s), e = s.map((v) => Math.exp(v - top)), sum = e.reduce((a, v) => a + v, 0);
    return e.map((v) => v / sum);
  }

  // Mean cross-entropy in nats with its gradient in the structure of params, and the share of right answers.
  function objective(params, points, target, name) {
    const { slope } = activations[name], n = points.length;
    const grads = params.map(([weight, bias]) => [weight.map((row) => row.map(() => 0)), bias.map(() => 0)]);
    let loss = 0, right = 0;
    points.forEach((x, i) => {
      const values = forward(params, x, name), s = values.at(-1), p = softmax(s), t = target[i];
      loss -= Math.log(Math.max(p[t], 1e-300)) / n;
      right += s.indexOf(Math.max(...s)) === t ? 1 / n : 0;
      let ds = p.map((v, k) => (v - (k === t)) / n);
      for (let l = params.length - 1; l >= 0; l--) {
        const h = values[2 * l], [dweight, dbias] = grads[l], weight = params[l][0];
        ds.forEach((g, k) => {
          dbias[k] += g;
          for (let d = 0; d < h.length; d++) dweight[k][d] += g * h[d];
        });
        if (!l) break;
        const before = values[2 * l - 1];
        ds = h.map((v, d) => slope(before[d], v) * ds.reduce((sum, g, k) => sum + g * weight[k][d], 0));
      }
    });
    return { loss, accuracy: right, grads };
  }

  const step = (params, grads, lr) => params.map(([weight, bias], l) => [
    weight.map((row, k) => row.map((w, d) => w - lr * grads[l][0][k][d])), bias.map((b, k) => b - lr * grads[l][1][k]),
  ]);
  const length = ([weight]) => Math.sqrt(weight.reduce((sum, row) => sum + row.reduce((a, w) => a + w * w, 0), 0));

  function mount(live, data, kit) {
    const { show } = kit, cells = 44, colours = ["var(--blue)", "var(--orange)", "var(--green)"];
    const calm = Boolean(root.matchMedia && root.matchMedia("(prefers-reduced-motion: reduce)").matches);
    let set = data.sets[0], depth = data.depth, name = data.activation, lr = data.lr, probe = [...set.probe];
    let params, at, trace, stop = () => {}, steps = 0;
    const halt = () => { stop(); stop = () => {}; };
    const judge = (net) => objective(net, set.points, set.target, name);
    function start() { halt(); params = set.params[depth]; steps = 0; at = judge(params); trace = [at.loss]; }
    start();

    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const plane = kit.chart(row, { title: "What the network answers", x: data.view, y: data.view, equal: true, xLabel: "feature 1", yLabel: "feature 2" });
    const curve = kit.chart(row, { title: "The loss on the way", x: [0, 1050], y: [1e-3, 10], log: true, aspect: 1, xLabel: "step", yLabel: "cross-entropy (nats)" });
    const readout = kit.readout(live, ["step", "cross-entropy", "accuracy", "gradient, first layer", "gradient, last layer"]);
    const controls = kit.make("div", { class: "dlbook-controls" }, live), announce = kit.announcer(live);
    const changed = (change) => (key) => { change(key); start(); draw(); };
    kit.choice(controls, { label: "Data", value: set.name, options: data.sets.map((s) => ({ key: s.name, text: s.name })),
      move: changed((key) => { set = data.sets.find((s) => s.name === key); probe = [...set.probe]; }) });
    kit.choice(controls, { label: "Hidden layers", value: depth, options: set.params.map((_, d) => ({ key: d, text: String(d) })), move: changed((key) => { depth = key; }) });
    kit.choice(controls, { label: "Activation", value: name, options: Object.keys(activations).map((key) => ({ key, text: key })), move: changed((key) => { name = key; }) });
    kit.slider(controls, { label: "learning rate", min: -2, max: 0.5, step: 0.05, value: Math.log10(lr), text: (v) => show(10 ** v, 3), move: (v) => { lr = 10 ** v; } });
    const keys = kit.make("div", { class: "dlbook-keys" }, controls);
    kit.button(keys, "Train", () => { halt(); stop = kit.animate(calm ? 1 : 300, () => { descend(calm ? 1000 : 5); draw(); }); });
    kit.button(keys, "Pause", () => { halt(); draw(); });
    kit.button(keys, "One step", () => { halt(); descend(1); draw(); });
    kit.button(keys, "Reset", () => { start(); draw(); });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);

    // A step that leaves the numbers is not taken: the walk stops where it was.
    function descend(count) {
      for (let i = 0; i < count; i++) {
        const next = step(params, at.grads, lr), there = judge(next);
        if (!Number.isFinite(there.loss)) return halt();
        [params, at] = [next, there];
        steps += 1;
        trace.push(at.loss);
      }
    }

    const move = (data.view[1] - data.view[0]) / 60;
    const finger = kit.handle(plane, { label: "probe", step: [move, move], at: () => probe, move: (x, y) => { probe = [x, y]; draw(); } });

    function draw() {
      const [lo, hi] = data.view, size = (hi - lo) / cells, w = plane.size().w / cells;
      // Two strengths of each class's colour: sure, and not so sure. Runs of equal cells are one rectangle.
      const areas = {};
      for (let j = 0; j < cells; j++) {
        let run = "", from = 0;
        for (let i = 0; i <= cells; i++) {
          let key = "";
          if (i < cells) {
            const p = softmax(forward(params, [lo + (i + 0.5) * size, lo + (j + 0.5) * size], name).at(-1)), top = Math.max(...p);
            key = `${p.indexOf(top)}${top > 0.8 ? "s" : "m"}`;
          }
          if (key === run) continue;
          if (run) areas[run] = (areas[run] || "") + `M${(from * w).toFixed(1)} ${((cells - j - 1) * w).toFixed(1)}h${((i - from) * w).toFixed(1)}v${w.toFixed(1)}h${(-(i - from) * w).toFixed(1)}z`;
          [run, from] = [key, i];
        }
      }
      colours.forEach((fill, k) => {
        for (const [kind, opacity] of [["s", 0.3], ["m", 0.14]]) plane.put("area" + k + kind, "path", { d: areas[k + kind] || "", fill, "fill-opacity": opacity });
      });
      data.sets.forEach((s) => s.points.forEach((p, i) => {
        const colour = colours[s.target[i]];
        plane.put(s.name + i, "path", { d: kit.mark(s.target[i], plane.X(p[0]), plane.Y(p[1]), 2.8), fill: colour, stroke: "var(--paper)", "stroke-width": 0.7, visibility: s === set ? "visible" : "hidden" });
      }));
      plane.put("probe", "text", { x: plane.X(probe[0]) + 13, y: plane.Y(probe[1]) - 10, class: "halo", text: answer() });

      const last = 1.05 * Math.max(1000, steps);
      if (curve.x[1] !== last) { curve.x = [0, last]; curve.axes(); }
      const every = Math.max(1, Math.floor(trace.length / 200)), inside = (v) => kit.clamp(v, 1e-4, 20);
      const shown = trace.map((v, i) => [i, inside(v)]).filter(([i]) => i % every === 0 || i === trace.length - 1);
      const guess = Math.log(set.classes);
      curve.put("guess", "path", { d: curve.path([[0, guess], [last, guess]]), class: "guide" });
      curve.put("said", "text", { x: curve.size().w - 4, y: curve.Y(guess) - 6, "text-anchor": "end", class: "halo", text: "guessing" });
      curve.put("loss", "path", { d: curve.path(shown), class: "line", stroke: "var(--orange)" });
      curve.put("now", "circle", { cx: curve.X(steps), cy: curve.Y(inside(at.loss)), r: 4.5, fill: "var(--orange)", stroke: "var(--paper)", "stroke-width": 1.5 });
      readout.set({
        step: String(steps), "cross-entropy": show(at.loss, 3) + " nats", accuracy: show(100 * at.accuracy, 0) + " %",
        "gradient, first layer": show(length(at.grads[0]), 4), "gradient, last layer": show(length(at.grads.at(-1)), 4),
      });
      announce(`step ${steps}, cross-entropy ${show(at.loss, 3)} nats, accuracy ${show(100 * at.accuracy, 0)} percent; probe ${answer()}`);
      finger.draw();
    }

    function answer() {
      const p = softmax(forward(params, probe, name).at(-1)), top = Math.max(...p);
      return `class ${p.indexOf(top)}, ${show(100 * top, 0)} %`;
    }

    plane.onresize = draw;
    curve.onresize = draw;
    return [plane, curve];
  }

  book.widgets.playground = { activations, forward, objective, mount };
})(globalThis);
