// An image that is turned, scaled, sheared and shifted: where an output pixel is read, and from which four it is mixed.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // The way back of turn, scale, shear and shift, in places from -1 to 1, as affine_matrices computes it.
  function matrix(h, w, { angle, scale, shear, right }) {
    const c = Math.cos(angle), s = Math.sin(angle);
    const f = [[scale * c, scale * (c * shear + s)], [-scale * s, scale * (c - s * shear)]]; // turn times shear
    const det = f[0][0] * f[1][1] - f[0][1] * f[1][0];
    const back = [[f[1][1] / det, -f[0][1] / det], [-f[1][0] / det, f[0][0] / det]], unit = [w / 2, h / 2];
    return back.map((row, i) => [(row[0] * unit[0]) / unit[i], (row[1] * unit[1]) / unit[i], (-row[0] * right) / unit[i]]);
  }

  // Where output pixel (p, q) is read, in pixels of the input, and the four pixels around with their weights.
  function read(x, theta, p, q) {
    const h = x.length, w = x[0].length, u = (2 * q + 1) / w - 1, v = (2 * p + 1) / h - 1;
    const [a, b] = theta.map((row) => row[0] * u + row[1] * v + row[2]);
    const i = ((b + 1) * h - 1) / 2, j = ((a + 1) * w - 1) / 2, top = Math.floor(i), left = Math.floor(j), corners = [];
    for (const down of [0, 1]) for (const along of [0, 1]) {
      const weight = (down ? i - top : 1 - i + top) * (along ? j - left : 1 - j + left), m = top + down, n = left + along;
      corners.push({ i: m, j: n, weight, value: m >= 0 && m < h && n >= 0 && n < w ? x[m][n] : 0 });
    }
    return { i, j, corners, value: corners.reduce((sum, k) => sum + k.weight * k.value, 0) };
  }

  function sample(x, theta) {
    return x.map((row, p) => row.map((_, q) => read(x, theta, p, q).value));
  }

  function mount(live, data, kit) {
    const { show } = kit, x = data.x, h = x.length, w = x[0].length, told = { angle: data.angle, scale: data.scale, shear: data.shear, right: data.right };
    let [p, q] = data.at;
    const row = kit.make("div", { class: "dlbook-charts" }, live), charts = {};
    const room = Math.ceil(0.2 * Math.max(h, w)); // around the images: the frame of a turned one reaches beyond
    for (const [name, title] of [["input", "Input: where it is read"], ["output", "Output"]])
      charts[name] = kit.chart(row, { title, x: [-room, w + room], y: [-room, h + room], equal: true, xTicks: [], yTicks: [] });
    const readout = kit.readout(live, ["output pixel", "read at row", "read at column", "four weights", "value"]);
    const controls = kit.make("div", { class: "dlbook-controls" }, live), announce = kit.announcer(live);
    const degrees = (v) => show(v, 0) + "\u00b0";
    kit.slider(controls, { label: "turn", min: -180, max: 180, step: 2, value: (told.angle * 180) / Math.PI, text: degrees, move: (v) => { told.angle = (v * Math.PI) / 180; draw(); } });
    kit.slider(controls, { label: "size", min: 0.5, max: 2, step: 0.05, value: told.scale, text: (v) => show(v), move: (v) => { told.scale = v; draw(); } });
    kit.slider(controls, { label: "shear", min: -1, max: 1, step: 0.05, value: told.shear, text: (v) => show(v), move: (v) => { told.shear = v; draw(); } });
    kit.slider(controls, { label: "shift, pixels", min: -6, max: 6, step: 0.25, value: told.right, text: (v) => show(v), move: (v) => { told.right = v; draw(); } });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);
    const grip = kit.handle(charts.output, {
      label: "output pixel", step: [1, 1], at: () => [q + 0.5, h - p - 0.5], says: () => `row ${p}, column ${q}`,
      move: (a, b) => { q = kit.clamp(Math.floor(a - (a === w ? 1e-9 : 0)), 0, w - 1); p = kit.clamp(h - 1 - Math.floor(b - 1e-9), 0, h - 1); draw(); },
    });

    function paint(chart, values) {
      const unit = Math.max(0, chart.X(1) - chart.X(0)); // a chart that has no room yet
      values.forEach((line, i) => line.forEach((v, j) => {
        chart.put(`cell${i},${j}`, "rect", { x: chart.X(j), y: chart.Y(h - i), width: unit, height: unit, fill: "var(--blue)", "fill-opacity": kit.clamp(v, 0, 1) });
      }));
      return unit;
    }

    function draw() {
      const theta = matrix(h, w, told), here = read(x, theta, p, q), { input, output } = charts;
      const unit = paint(input, x);
      paint(output, sample(x, theta));
      // The frame of the output, carried back into the input.
      const frame = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u, v]) => theta.map((line) => line[0] * u + line[1] * v + line[2]));
      input.put("edge", "path", { d: input.path([[0, 0], [w, 0], [w, h], [0, h]]) + "Z", fill: "none", stroke: "currentColor", "stroke-width": 0.8 });
      input.put("frame", "path", { d: input.path(frame.map(([a, b]) => [((a + 1) * w) / 2, h - ((b + 1) * h) / 2])) + "Z", fill: "none", stroke: "var(--orange)", "stroke-width": 1.8, "stroke-dasharray": "5 3" });
      here.corners.forEach((k, n) => input.put("corner" + n, "rect", { x: input.X(k.j), y: input.Y(h - k.i), width: unit, height: unit, fill: "none", stroke: "currentColor", "stroke-width": 0.6 + 2.4 * k.weight }));
      input.put("here", "circle", { cx: input.X(here.j + 0.5), cy: input.Y(h - here.i - 0.5), r: 4, fill: "var(--orange)", stroke: "var(--paper)", "stroke-width": 1.5 });
      output.put("edge", "path", { d: output.path([[0, 0], [w, 0], [w, h], [0, h]]) + "Z", fill: "none", stroke: "var(--orange)", "stroke-width": 1.8, "stroke-dasharray": "5 3" });
      readout.set({
        "output pixel": `${p}, ${q}`, "read at row": show(here.i), "read at column": show(here.j),
        "four weights": here.corners.map((k) => show(k.weight)).join(", "), value: show(here.value),
      });
      announce(`output row ${p}, column ${q} is read at row ${show(here.i)}, column ${show(here.j)}: ${show(here.value)}`);
      grip.draw();
    }

    for (const chart of Object.values(charts)) chart.onresize = draw;
    return Object.values(charts);
  }

  book.widgets.sampling = { matrix, read, sample, mount };
})(globalThis);
