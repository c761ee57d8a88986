// Gradient descent on a bowl: drag the start, change the step, the shape of the bowl and the momentum.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // The bowl f(x) = x' H x / 2: H has the eigenvalue `steep` along the direction at `angle` and steep / kappa across it.
  function bowl(steep, kappa, angle) {
    const [c, s] = [Math.cos(angle), Math.sin(angle)], slow = steep / kappa;
    return [[steep * c * c + slow * s * s, (steep - slow) * c * s], [(steep - slow) * c * s, steep * s * s + slow * c * c]];
  }
  const gradient = (h, [x, y]) => [h[0][0] * x + h[0][1] * y, h[1][0] * x + h[1][1] * y];
  const value = (h, x) => (gradient(h, x)[0] * x[0] + gradient(h, x)[1] * x[1]) / 2;

  // Steps v <- momentum v + gradient, x <- x - lr v from v = 0; the start is the first of the points.
  function descend(h, start, lr, momentum, steps) {
    const points = [start];
    let x = start, v = [0, 0];
    for (let i = 0; i < steps; i++) {
      const g = gradient(h, x);
      v = v.map((vd, d) => momentum * vd + g[d]);
      x = x.map((xd, d) => xd - lr * v[d]);
      points.push(x);
    }
    return points;
  }

  // By what one step multiplies the distance along a direction of curvature c in the long run: the larger
  // root in size of z^2 - (1 + momentum - lr c) z + momentum. Without momentum that is 1 - lr c.
  function factor(c, lr, momentum) {
    const b = 1 + momentum - lr * c, under = b * b - 4 * momentum;
    if (under < 0) return { size: Math.sqrt(momentum), sign: 0 };
    const z = b >= 0 ? (b + Math.sqrt(under)) / 2 : (b - Math.sqrt(under)) / 2;
    return { size: Math.abs(z), sign: Math.sign(z) };
  }

  function mount(live, data, kit) {
    const { show } = kit, { steep, angle, steps, view } = data, limit = 2 / steep;
    let start = data.start, lr = data.lr, kappa = data.kappa, momentum = data.momentum, shown = steps, stop = () => {};
    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const plane = kit.chart(row, { title: "The bowl from above", x: [-view, view], y: [-view, view], equal: true, xLabel: data.axes[0], yLabel: data.axes[1] });
    const curve = kit.chart(row, { title: "The loss along the path", x: [0, steps], y: [1e-6, 1e2], log: true, aspect: 1, xLabel: "step", yLabel: "loss / loss at the start" });
    const controls = kit.make("div", { class: "dlbook-controls" }, live);
    const note = kit.make("p", { class: "dlbook-note" }, live), announce = kit.announcer(live);
    const change = (set) => (v) => { stop(); shown = steps; set(v); draw(); };

    const rate = kit.slider(controls, {
      label: "learning rate", min: 0, max: 1.25, step: 0.005, value: lr / limit, text: (v) => `${show(v * limit, 3)} (${show(v)} of 2/L)`,
      move: change((v) => { lr = v * limit; }), mark: { at: 1, text: "2/L" },
    });
    const shape = kit.slider(controls, {
      label: "condition number", min: 0, max: 2, step: 0.02, value: Math.log10(kappa), text: (v) => show(10 ** v, 1), move: change((v) => { kappa = 10 ** v; }),
    });
    const inertia = kit.slider(controls, { label: "momentum", min: 0, max: 0.95, step: 0.01, value: momentum, text: (v) => show(v), move: change((v) => { momentum = v; }) });
    const keys = kit.make("div", { class: "dlbook-keys" }, controls);
    kit.button(keys, "Play", () => { stop(); stop = kit.animate(steps * 4 + 1, (i) => { shown = Math.floor(i / 4); draw(); }); });
    kit.button(keys, "Reset", () => {
      stop();
      ({ start, lr, kappa, momentum } = data);
      shown = steps;
      rate.set(lr / limit); shape.set(Math.log10(kappa)); inertia.set(momentum);
      draw();
    });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);
    const grip = kit.handle(plane, {
      label: "start of the path", step: [view / 30, view / 30], at: () => start,
      // At the bottom itself there is nothing to descend.
      move: (x, y) => { if (Math.hypot(x, y) > view / 50) change((to) => { start = to; })([x, y]); },
    });

    function draw() {
      const h = bowl(steep, kappa, angle), whole = descend(h, start, lr, momentum, steps), first = value(h, start);
      const { w } = plane.size(), unit = w / (2 * view), turn = `rotate(${(-angle * 180) / Math.PI} ${plane.X(0)} ${plane.Y(0)})`;
      for (let i = 7; i >= 1; i--) {
        const across = (i / 5) * view * unit;
        plane.put("level" + i, "ellipse", {
          cx: plane.X(0), cy: plane.Y(0), rx: across, ry: across * Math.sqrt(kappa), transform: turn,
          fill: "var(--blue)", "fill-opacity": 0.045, stroke: "var(--blue)", "stroke-opacity": 0.55, "stroke-width": 1,
        });
      }
      plane.put("least", "path", { d: cross(plane.X(0), plane.Y(0), 5), stroke: "currentColor", "stroke-width": 1.6 });
      // Beyond a thousand views a diverging path is off every screen.
      const points = whole.slice(0, shown + 1), escape = points.findIndex((p) => !(Math.hypot(...p) < 1e3 * view));
      const drawn = escape < 0 ? points : points.slice(0, escape);
      plane.put("path", "path", { d: plane.path(drawn), class: "line", stroke: "var(--orange)", "stroke-width": 1.8 });
      plane.put("dots", "path", { d: drawn.map((p) => dot(plane.X(p[0]), plane.Y(p[1]), 2.6)).join(""), fill: "var(--orange)" });

      const slow = factor(steep / kappa, lr, momentum), fast = factor(steep, lr, momentum), worst = Math.max(slow.size, fast.size);
      const inside = (v) => kit.clamp(v, 1e-12, 1e9), along = whole.map((p, k) => [k, inside(value(h, p) / first)]);
      curve.put("one", "path", { d: curve.path([[0, 1], [steps, 1]]), class: "guide" });
      curve.put("bound", "path", { d: curve.path([0, steps].map((k) => [k, inside(worst ** (2 * k))])), class: "line", stroke: "currentColor", "stroke-dasharray": "6 4", "stroke-width": 1.4 });
      curve.put("path", "path", { d: curve.path(along.slice(0, shown + 1)), class: "line", stroke: "var(--orange)" });
      curve.put("dots", "path", { d: along.slice(0, shown + 1).map(([k, v]) => dot(curve.X(k), curve.Y(v), 2.6)).join(""), fill: "var(--orange)" });
      curve.put("name", "text", { x: 8, y: curve.size().h - 10, class: "halo", text: `dashed: ${show(worst, 3)} per step, squared` });

      const verdict = worst < 1 - 1e-9 ? "The path converges." : worst > 1 + 1e-9 ? "The path diverges." : "The path neither converges nor diverges.";
      note.textContent = `${verdict} Steep direction: ${says(fast)}. Flat direction: ${says(slow)}.`;
      announce(note.textContent);
      grip.draw();
    }

    function says({ size, sign }) {
      const trend = size < 1 ? "shrinks" : size > 1 ? "grows" : "stays";
      if (sign === 0) return `swings and ${trend}, \u00d7\u00a0${show(size, 3)} per step`;
      return `${sign < 0 ? "overshoots and " : ""}${trend}, \u00d7\u00a0${show(sign * size, 3)} per step`;
    }
    const cross = (x, y, r) => `M${x - r} ${y}h${2 * r}M${x} ${y - r}v${2 * r}`;
    const dot = (x, y, r) => kit.mark(0, x, y, r);

    plane.onresize = draw;
    curve.onresize = draw;
    return [plane, curve];
  }

  book.widgets.path = { bowl, value, descend, factor, mount };
})(globalThis);
