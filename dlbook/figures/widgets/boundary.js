// The decision boundary of a binary linear classifier, dragged by hand, and the loss of every point.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // One entry per loss: value and slope as functions of the margin m = t * (w . x + b), t = -1 or +1.
  const losses = {
    hinge: { value: (m) => Math.max(0, 1 - m), slope: (m) => (m < 1 ? -1 : 0) },
    logistic: {
      value: (m) => Math.max(0, -m) + Math.log1p(Math.exp(-Math.abs(m))),
      slope: (m) => -1 / (1 + Math.exp(m)),
    },
  };

  // Mean loss + l2 * |w|^2 with its gradient: the objective that the text defines.
  function objective(points, target, weight, bias, l2, loss) {
    const n = points.length, margins = points.map(([x, y], i) => target[i] * (weight[0] * x + weight[1] * y + bias));
    const values = margins.map(losses[loss].value), slopes = margins.map((m, i) => (losses[loss].slope(m) * target[i]) / n);
    const sum = (list) => list.reduce((a, v) => a + v, 0);
    const data = sum(values) / n, penalty = l2 * (weight[0] ** 2 + weight[1] ** 2);
    return {
      margins, values, data, penalty, total: data + penalty,
      accuracy: margins.filter((m) => m > 0).length / n,
      dweight: [0, 1].map((d) => sum(slopes.map((s, i) => s * points[i][d])) + 2 * l2 * weight[d]),
      dbias: sum(slopes),
    };
  }

  function mount(live, data, kit) {
    const { clamp, show } = kit;
    const { points, target, classes, view } = data;
    const reach = data.reach; // length on the page of |w| = 1, in units of the axes
    const colours = ["var(--blue)", "var(--orange)"];
    let { l2, loss } = data, weight, anchor, stop = () => {};
    const start = () => {
      weight = [...data.weight];
      const [cx, cy] = [(view.x[0] + view.x[1]) / 2, (view.y[0] + view.y[1]) / 2];
      const shift = (weight[0] * cx + weight[1] * cy + data.bias) / (weight[0] ** 2 + weight[1] ** 2);
      anchor = [cx - shift * weight[0], cy - shift * weight[1]]; // the point of the boundary nearest to the middle
    };
    start();
    const bias = () => -(weight[0] * anchor[0] + weight[1] * anchor[1]);

    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const plane = kit.chart(row, { title: "The plane", ...view, equal: true, xLabel: data.axes[0], yLabel: data.axes[1] });
    const curve = kit.chart(row, { title: "The loss of every point", x: [-3, 4], y: [0, 4], aspect: (view.y[1] - view.y[0]) / (view.x[1] - view.x[0]), xLabel: "margin", yLabel: "loss" });
    const readout = kit.readout(live, ["mean loss", "penalty", "total", "accuracy", "inside the margin"]);
    const controls = kit.make("div", { class: "dlbook-controls" }, live);
    const announce = kit.announcer(live);
    const halt = () => { stop(); stop = () => {}; };

    kit.choice(controls, {
      label: "Loss", value: loss, options: [{ key: "hinge", text: "hinge" }, { key: "logistic", text: "logistic" }],
      move: (key) => { loss = key; draw(); },
    });
    kit.slider(controls, {
      label: "regularization strength", min: -4, max: 0, step: 0.1, value: Math.log10(l2), text: (v) => show(10 ** v, 4),
      move: (v) => { l2 = 10 ** v; draw(); },
    });
    kit.button(controls, "Descend", () => {
      halt();
      stop = kit.animate(120, () => {
        const at = objective(points, target, weight, bias(), l2, loss), b = bias() - data.lr * at.dbias;
        weight = weight.map((w, d) => w - data.lr * at.dweight[d]);
        // Keep the grip where it is along the boundary: move it only across.
        const off = (weight[0] * anchor[0] + weight[1] * anchor[1] + b) / (weight[0] ** 2 + weight[1] ** 2);
        anchor = anchor.map((a, d) => a - off * weight[d]);
        draw();
      });
    });
    kit.button(controls, "Reset", () => { halt(); start(); draw(); });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);

    const step = [(view.x[1] - view.x[0]) / 60, (view.y[1] - view.y[0]) / 60];
    // The handles stay inside the view even where the arrow leaves it.
    const held = ([x, y]) => [clamp(x, ...view.x), clamp(y, ...view.y)];
    const grip = kit.handle(plane, {
      label: "position of the boundary", step, at: () => held(anchor), says: () => `bias ${show(bias())}`,
      move: (x, y) => { halt(); anchor = [x, y]; draw(); },
    });
    const tip = kit.handle(plane, {
      label: "tip of the weight vector", step, says: () => `weight ${show(weight[0])}, ${show(weight[1])}`,
      at: () => held([anchor[0] + reach * weight[0], anchor[1] + reach * weight[1]]),
      move: (x, y) => {
        halt();
        const next = [(x - anchor[0]) / reach, (y - anchor[1]) / reach];
        if (Math.hypot(...next) < 0.05) return; // with no direction there is no boundary
        weight = next;
        draw();
      },
    });

    // A circle for -1, a square for +1.
    const mark = (plot, key, x, y, positive, r, attributes) => plot.put(key, "path", { d: kit.mark(+positive, plot.X(x), plot.Y(y), r), ...attributes });

    function draw() {
      const at = objective(points, target, weight, bias(), l2, loss), norm = Math.hypot(...weight);
      const normal = weight.map((w) => w / norm), far = 4 * Math.hypot(view.x[1] - view.x[0], view.y[1] - view.y[0]);
      const across = (d) => [anchor[0] + d * normal[0], anchor[1] + d * normal[1]];
      const line = (d) => [-far, far].map((s) => [across(d)[0] - s * normal[1], across(d)[1] + s * normal[0]]);
      const half = (sign) => plane.path([...line(0), ...line(sign * far).reverse()]) + "Z";
      plane.put("minus", "path", { d: half(-1), fill: colours[0], opacity: 0.1 });
      plane.put("plus", "path", { d: half(1), fill: colours[1], opacity: 0.1 });
      plane.put("low", "path", { d: plane.path(line(-1 / norm)), class: "guide" });
      plane.put("high", "path", { d: plane.path(line(1 / norm)), class: "guide" });
      plane.put("line", "path", { d: plane.path(line(0)), class: "line", stroke: "currentColor" });
      points.forEach(([x, y], i) => {
        const positive = target[i] > 0, wrong = at.margins[i] <= 0, colour = colours[+positive];
        mark(plane, "halo" + i, x, y, positive, 3.6 + 5 * Math.sqrt(at.values[i]), { fill: colour, opacity: 0.22 });
        mark(plane, "point" + i, x, y, positive, 3.6, { fill: wrong ? "var(--paper)" : colour, stroke: colour, "stroke-width": 1.8 });
      });
      const head = held([anchor[0] + reach * weight[0], anchor[1] + reach * weight[1]]);
      plane.put("arrow", "path", { d: plane.path([anchor, head]), class: "line", stroke: "currentColor" });
      for (const [key, d, text] of [["low", -1, "\u22121"], ["zero", 0, "0"], ["high", 1, "+1"]]) label(key, d / norm, text, line);
      plane.put("w", "text", { x: plane.X(head[0]) + 14, y: plane.Y(head[1]) - 10, class: "halo", text: "w", "font-style": "italic" });

      const steps = Array.from({ length: 141 }, (_, i) => -3 + i * 0.05);
      curve.put("zero", "path", { d: curve.path([[0, 0], [0, 4]]), class: "guide" });
      curve.put("one", "path", { d: curve.path([[1, 0], [1, 4]]), class: "guide" });
      curve.put("loss", "path", { d: curve.path(steps.map((m) => [m, losses[loss].value(m)])), class: "line", stroke: "currentColor", opacity: 0.75 });
      points.forEach((_, i) => {
        const positive = target[i] > 0, colour = colours[+positive];
        mark(curve, "point" + i, clamp(at.margins[i], -3, 4), clamp(at.values[i], 0, 4), positive, 3.6,
          { fill: at.margins[i] <= 0 ? "var(--paper)" : colour, stroke: colour, "stroke-width": 1.8, opacity: 0.85 });
      });
      curve.put("wrong", "text", { x: curve.X(0) - 6, y: 12, "text-anchor": "end", class: "halo", text: "wrong side" });
      curve.put("safe", "text", { x: curve.X(1) + 6, y: 12, class: "halo", text: "safe side" });
      const inside = at.margins.filter((m) => m < 1).length;
      readout.set({
        "mean loss": show(at.data, 3), penalty: show(at.penalty, 3), total: show(at.total, 3),
        accuracy: show(100 * at.accuracy, 0) + " %", "inside the margin": `${inside} of ${points.length}`,
      });
      announce(`total ${show(at.total, 3)}, accuracy ${show(100 * at.accuracy, 0)} percent`);
      grip.draw();
      tip.draw();
    }

    // Write a score where its line meets the edge of the view.
    function label(key, d, text, line) {
      const [[x0, y0], [x1, y1]] = line(d), { w, h } = plane.size();
      const a = [plane.X(x0), plane.Y(y0)], b = [plane.X(x1), plane.Y(y1)], inset = 14;
      const meets = [];
      for (const edge of [inset, w - inset]) { const t = (edge - a[0]) / (b[0] - a[0]), y = a[1] + t * (b[1] - a[1]); if (y >= inset && y <= h - inset) meets.push([edge, y]); }
      for (const edge of [inset, h - inset]) { const t = (edge - a[1]) / (b[1] - a[1]), x = a[0] + t * (b[0] - a[0]); if (x >= inset && x <= w - inset) meets.push([x, edge]); }
      const [x, y] = meets[0] || [-99, -99];
      plane.put("score" + key, "text", { x, y: y + 4, "text-anchor": "middle", class: "halo", text });
    }

    plane.onresize = draw;
    curve.onresize = draw;
    return [plane, curve];
  }

  book.widgets.boundary = { losses, objective, mount };
})(globalThis);
