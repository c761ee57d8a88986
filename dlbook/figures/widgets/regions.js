// Several classes: drag the weight vectors, the regions follow, and a probe shows the probabilities at its place.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  const scores = (weight, bias, [x, y]) => weight.map(([u, v], k) => u * x + v * y + bias[k]);
  function softmax(s) {
    const top = Math.max(...s), e = s.map((v) => Math.exp(v - top)), sum = e.reduce((a, v) => a + v, 0);
    return e.map((v) => v / sum);
  }

  // Mean cross-entropy in nats, its gradient, and the share of points whose highest score is their class's.
  function objective(points, target, weight, bias) {
    const n = points.length, dweight = weight.map(() => [0, 0]), dbias = bias.map(() => 0);
    let loss = 0, right = 0;
    points.forEach((p, i) => {
      const s = scores(weight, bias, p), q = softmax(s), t = target[i], top = Math.max(...s);
      loss -= Math.log(q[t]) / n;
      right += s.indexOf(top) === t ? 1 / n : 0;
      q.forEach((v, k) => {
        const ds = (v - (k === t)) / n;
        dweight[k] = [dweight[k][0] + ds * p[0], dweight[k][1] + ds * p[1]];
        dbias[k] += ds;
      });
    });
    return { loss, accuracy: right, dweight, dbias };
  }

  // What is left of a polygon where f(p) = a x + b y + c is not negative.
  function cut(polygon, [a, b, c]) {
    const f = ([x, y]) => a * x + b * y + c, out = [];
    polygon.forEach((p, i) => {
      const q = polygon[(i + 1) % polygon.length], fp = f(p), fq = f(q);
      if (fp >= 0) out.push(p);
      if (fp * fq < 0) out.push([0, 1].map((d) => p[d] + (fp / (fp - fq)) * (q[d] - p[d])));
    });
    return out;
  }
  // The part of the polygon where class k scores highest.
  function region(polygon, weight, bias, k) {
    return weight.reduce((left, w, j) => (j === k ? left : cut(left, [weight[k][0] - w[0], weight[k][1] - w[1], bias[k] - bias[j]])), polygon);
  }

  function mount(live, data, kit) {
    const { show, clamp } = kit, { points, target, classes, view, reach } = data, all = classes.map((_, k) => k);
    const colours = ["var(--blue)", "var(--orange)", "var(--green)", "var(--purple)"];
    const middle = [(view.x[0] + view.x[1]) / 2, (view.y[0] + view.y[1]) / 2];
    const corners = [[view.x[0], view.y[0]], [view.x[1], view.y[0]], [view.x[1], view.y[1]], [view.x[0], view.y[1]]];
    let weight, bias, probe, stop = () => {};
    const start = () => { weight = data.weight.map((w) => [...w]); bias = [...data.bias]; probe = [...data.probe]; };
    start();

    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const plane = kit.chart(row, { title: "The plane", ...view, equal: true, xLabel: data.axes[0], yLabel: data.axes[1] });
    const side = kit.make("div", { class: "dlbook-chart" }, row);
    const table = kit.make("table", { class: "dlbook-values" }, side);
    kit.make("caption", { text: "At the probe" }, table);
    const head = kit.make("tr", {}, kit.make("thead", {}, table)), body = kit.make("tbody", {}, table);
    for (const text of ["class", "score", "probability"]) kit.make("th", { scope: "col", text }, head);
    const cells = all.map((k) => {
      const line = kit.make("tr", {}, body), name = kit.make("th", { scope: "row" }, line);
      kit.make("span", { class: "dlbook-key", style: `color:${colours[k]}` }, name);
      name.append(classes[k]);
      const score = kit.make("td", {}, line), last = kit.make("td", {}, line);
      const text = kit.make("span", {}, last), bar = kit.make("span", { class: "dlbook-bar", "aria-hidden": "true" }, last);
      return { score, text, bar: kit.make("i", { style: `background:${colours[k]}` }, bar) };
    });
    const readout = kit.readout(side, ["cross-entropy", "guessing", "accuracy"]);
    const controls = kit.make("div", { class: "dlbook-controls" }, live), announce = kit.announcer(live);
    const halt = () => { stop(); stop = () => {}; };
    const biases = all.map((k) => kit.slider(controls, {
      label: `bias of ${classes[k]}`, min: -4, max: 4, step: 0.05, value: bias[k], text: (v) => show(v), move: (v) => { halt(); bias[k] = v; draw(); },
    }));
    const keys = kit.make("div", { class: "dlbook-keys" }, controls);
    kit.button(keys, "Descend", () => {
      halt();
      stop = kit.animate(120, () => {
        const at = objective(points, target, weight, bias);
        weight = weight.map((w, k) => w.map((v, d) => v - data.lr * at.dweight[k][d]));
        bias = bias.map((v, k) => v - data.lr * at.dbias[k]);
        draw();
      });
    });
    kit.button(keys, "Reset", () => { halt(); start(); draw(); });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);

    const step = [(view.x[1] - view.x[0]) / 60, (view.y[1] - view.y[0]) / 60];
    const headOf = (k) => [clamp(middle[0] + reach * weight[k][0], ...view.x), clamp(middle[1] + reach * weight[k][1], ...view.y)];
    const tips = all.map((k) => kit.handle(plane, {
      label: `weight vector of ${classes[k]}`, step, colour: colours[k], at: () => headOf(k), says: () => `weight ${show(weight[k][0])}, ${show(weight[k][1])}`,
      move: (x, y) => { halt(); weight[k] = [(x - middle[0]) / reach, (y - middle[1]) / reach]; draw(); },
    }));
    const finger = kit.handle(plane, { label: "probe", step, at: () => probe, move: (x, y) => { probe = [x, y]; draw(); } });

    function draw() {
      const at = objective(points, target, weight, bias);
      for (const k of all) {
        const area = region(corners, weight, bias, k);
        plane.put("area" + k, "path", { d: area.length ? plane.path(area) + "Z" : "", fill: colours[k], "fill-opacity": 0.13, stroke: "currentColor", "stroke-opacity": 0.7, "stroke-width": 1.2 });
      }
      points.forEach((p, i) => {
        const s = scores(weight, bias, p), wrong = s.indexOf(Math.max(...s)) !== target[i], colour = colours[target[i]];
        plane.put("point" + i, "path", { d: kit.mark(target[i], plane.X(p[0]), plane.Y(p[1]), 3.6), fill: wrong ? "var(--paper)" : colour, stroke: colour, "stroke-width": 1.8 });
      });
      for (const k of all) {
        plane.put("arrow" + k, "path", { d: plane.path([middle, headOf(k)]), class: "line", stroke: colours[k], "stroke-width": 3 });
      }
      const s = scores(weight, bias, probe), q = softmax(s);
      plane.put("probe", "text", { x: plane.X(probe[0]) + 13, y: plane.Y(probe[1]) - 10, class: "halo", text: "probe" });
      for (const k of all) {
        cells[k].score.textContent = show(s[k]);
        cells[k].text.textContent = show(100 * q[k], 1) + " %";
        cells[k].bar.style.width = 100 * q[k] + "%";
        biases[k].set(bias[k]);
        tips[k].draw();
      }
      readout.set({ "cross-entropy": show(at.loss, 3) + " nats", guessing: show(Math.log(classes.length), 3) + " nats", accuracy: show(100 * at.accuracy, 0) + " %" });
      announce(`cross-entropy ${show(at.loss, 3)} nats; at the probe ` + all.map((k) => `${classes[k]} ${show(100 * q[k], 0)} percent`).join(", "));
      finger.draw();
    }

    plane.onresize = draw;
    return [plane];
  }

  book.widgets.regions = { scores, softmax, objective, region, mount };
})(globalThis);
