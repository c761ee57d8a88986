// Optimizers side by side on a surface: choose surface and runners, drag the start, change rates and momentum.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  const surfaces = {
    bowl: { value: ([x, y]) => (x * x + 25 * y * y) / 2, slope: ([x, y]) => [x, 25 * y] },
    Rosenbrock: {
      value: ([x, y]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
      slope: ([x, y]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
    },
    saddle: { value: ([x, y]) => x * x / 2 - y * y / 2 + y ** 4 / 4, slope: ([x, y]) => [x, y ** 3 - y] },
  };

  // What a step is, but for the rate: from the gradient g of one coordinate, its memory z, and the step number s = 1, 2, ...
  const rules = {
    plain: (g) => g,
    momentum: (g, z, { momentum }) => (z.v = momentum * z.v + g),
    Nesterov: (g, z, { momentum }) => g + momentum * (z.v = momentum * z.v + g),
    AdaGrad: (g, z) => g / (Math.sqrt(z.r += g * g) + 1e-10),
    RMSProp: (g, z) => g / (Math.sqrt(z.r = 0.99 * z.r + 0.01 * g * g) + 1e-8),
    Adam: (g, z, { momentum, s }) => {
      z.v = momentum * z.v + (1 - momentum) * g;
      z.r = 0.999 * z.r + 0.001 * g * g;
      return z.v / (1 - momentum ** s) / (Math.sqrt(z.r / (1 - 0.999 ** s)) + 1e-8);
    },
  };

  // The points of a walk, the start first; it ends early where it has left the numbers.
  function walk(surface, rule, start, lr, momentum, steps) {
    const memory = start.map(() => ({ v: 0, r: 0 })), points = [start];
    let x = start;
    for (let s = 1; s <= steps; s++) {
      const g = surfaces[surface].slope(x);
      x = x.map((xd, d) => xd - lr * rules[rule](g[d], memory[d], { momentum, s }));
      if (!x.every((v) => Math.abs(v) < 1e6)) break;
      points.push(x);
    }
    return points;
  }

  const looks = {
    plain: ["var(--blue)", ""], momentum: ["var(--orange)", ""], Nesterov: ["var(--green)", "7 3"],
    AdaGrad: ["var(--purple)", "2 3"], RMSProp: ["var(--grey)", "9 3 2 3"], Adam: ["currentColor", ""],
  };

  function mount(live, data, kit) {
    const { show } = kit, named = (name) => data.surfaces.find((s) => s.name === name);
    let surface = data.surfaces[0], start = [...surface.start], chosen = [...data.chosen], scale = 1, momentum = data.momentum;
    let shown = data.steps, stop = () => {};
    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const plane = kit.chart(row, { title: "The surface from above", x: surface.x, y: surface.y, equal: true, xLabel: "parameter 1", yLabel: "parameter 2" });
    const curve = kit.chart(row, { title: "The height on the way", x: [0, data.steps], y: [1e-8, 1e4], log: true, aspect: 1, xLabel: "step", yLabel: "height above the minimum" });
    const controls = kit.make("div", { class: "dlbook-controls" }, live);
    const note = kit.make("p", { class: "dlbook-note" }, live), announce = kit.announcer(live);
    const change = (set) => (v) => { stop(); shown = data.steps; set(v); draw(); };

    const ground = kit.choice(controls, {
      label: "Surface", value: surface.name, options: data.surfaces.map((s) => ({ key: s.name, text: s.name })),
      move: change((key) => { surface = named(key); start = [...surface.start]; plane.x = surface.x; plane.y = surface.y; plane.axes(); }),
    });
    const runners = kit.choice(controls, {
      label: "Optimizers", many: true, value: chosen,
      options: Object.keys(rules).map((key) => ({ key, text: key, colour: looks[key][0], dash: looks[key][1] })), move: change((keys) => { chosen = keys; }),
    });
    const rate = kit.slider(controls, { label: "all learning rates", min: -1, max: 1, step: 0.02, value: 0, text: (v) => `\u00d7 ${show(10 ** v)}`, move: change((v) => { scale = 10 ** v; }) });
    const inertia = kit.slider(controls, { label: "momentum, \u03b2\u2081", min: 0, max: 0.99, step: 0.01, value: momentum, text: (v) => show(v), move: change((v) => { momentum = v; }) });
    const keys = kit.make("div", { class: "dlbook-keys" }, controls);
    kit.button(keys, "Play", () => { stop(); stop = kit.animate(data.steps + 1, (i) => { shown = i; draw(); }); });
    kit.button(keys, "Reset", () => {
      stop();
      [surface, chosen, scale, momentum, shown] = [data.surfaces[0], [...data.chosen], 1, data.momentum, data.steps];
      start = [...surface.start];
      [plane.x, plane.y] = [surface.x, surface.y];
      ground.set(surface.name); runners.set(chosen); rate.set(0); inertia.set(momentum);
      plane.axes();
      draw();
    });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);
    const grip = kit.handle(plane, { label: "start of all paths", step: [0.1, 0.1], at: () => start, move: (x, y) => change((to) => { start = to; })([x, y]) });

    function draw() {
      const { value } = surfaces[surface.name];
      for (let i = 0; i < data.levels; i++) {
        const lines = (surface.contours[i] || []).map(plane.path).join("");
        plane.put("level" + i, "path", { d: lines, fill: "none", stroke: "var(--blue)", "stroke-opacity": 0.4, "stroke-width": 1 });
      }
      const cross = surface.minima.map(([x, y]) => `M${plane.X(x) - 5} ${plane.Y(y)}h10M${plane.X(x)} ${plane.Y(y) - 5}v10`).join("");
      plane.put("least", "path", { d: cross, stroke: "currentColor", "stroke-width": 1.6 });
      const results = [];
      for (const name of Object.keys(rules)) {
        const [colour, dash] = looks[name], on = chosen.includes(name);
        const whole = on ? walk(surface.name, name, start, scale * surface.rates[name], momentum, data.steps) : [];
        const points = whole.slice(0, shown + 1), far = points.findIndex((p) => !(Math.hypot(...p) < 1e3));
        const drawn = far < 0 ? points : points.slice(0, far), line = { class: "line", stroke: colour, "stroke-dasharray": dash, "stroke-width": 1.8 };
        plane.put("path " + name, "path", { ...line, d: plane.path(drawn) });
        const end = drawn.at(-1);
        plane.put("end " + name, "path", { d: end ? kit.mark(0, plane.X(end[0]), plane.Y(end[1]), 4) : "", fill: colour });
        const heights = points.map((p, s) => [s, kit.clamp(value(p) - surface.least, 1e-12, 1e9)]);
        curve.put("path " + name, "path", { ...line, d: curve.path(heights) });
        if (on) results.push([name, whole.length <= data.steps || heights.at(-1)[1] > 1e6 ? Infinity : value(whole.at(-1)) - surface.least]);
      }
      results.sort((a, b) => a[1] - b[1]);
      const says = ([name, height]) => `${name} ${Number.isFinite(height) ? show(Math.max(height, 0), 3) : "left the picture"}`;
      note.textContent = results.length ? `Height after ${data.steps} steps: ${results.map(says).join(", ")}.` : "Choose an optimizer.";
      announce(note.textContent);
      grip.draw();
    }

    plane.onresize = draw;
    curve.onresize = draw;
    return [plane, curve];
  }

  book.widgets.race = { surfaces, rules, walk, mount };
})(globalThis);
