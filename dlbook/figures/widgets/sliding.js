// A kernel on an image: drag an output, a pixel or a weight, and see the sum that belongs to it.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  const grid = (rows, columns, f) => Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => f(i, j)));
  // How many windows fit along an axis.
  const count = (size, kernel, stride, padding) => Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const at = (x, i, j) => (i >= 0 && j >= 0 && i < x.length && j < x[0].length ? x[i][j] : 0);

  // Each of the three is a sum over two of (output, pixel, weight); terms(...) lists what it adds up.
  function termsOfOutput(x, w, stride, padding, p, q) {
    return w.flatMap((row, r) => row.map((v, s) => ({ i: p * stride + r - padding, j: q * stride + s - padding, r, s, p, q, a: v, b: at(x, p * stride + r - padding, q * stride + s - padding) })));
  }
  function termsOfPixel(dy, w, stride, padding, i, j) {
    const terms = [];
    dy.forEach((row, p) => row.forEach((v, q) => {
      const r = i + padding - p * stride, s = j + padding - q * stride;
      if (r >= 0 && s >= 0 && r < w.length && s < w[0].length) terms.push({ i, j, r, s, p, q, a: w[r][s], b: v });
    }));
    return terms;
  }
  function termsOfWeight(x, dy, stride, padding, r, s) {
    return dy.flatMap((row, p) => row.map((v, q) => ({ i: p * stride + r - padding, j: q * stride + s - padding, r, s, p, q, a: at(x, p * stride + r - padding, q * stride + s - padding), b: v })));
  }
  const total = (terms) => terms.reduce((sum, t) => sum + t.a * t.b, 0);

  function convolve(x, w, stride, padding) {
    const rows = count(x.length, w.length, stride, padding), columns = count(x[0].length, w[0].length, stride, padding);
    return grid(rows, columns, (p, q) => total(termsOfOutput(x, w, stride, padding, p, q)));
  }
  // The gradients of <dy, y>, with respect to the image and to the kernel.
  function gradients(x, w, dy, stride, padding) {
    return {
      dx: grid(x.length, x[0].length, (i, j) => total(termsOfPixel(dy, w, stride, padding, i, j))),
      dw: grid(w.length, w[0].length, (r, s) => total(termsOfWeight(x, dy, stride, padding, r, s))),
    };
  }

  function mount(live, data, kit) {
    const { show } = kit, { x, weight: w } = data;
    let { stride, padding } = data, moved = "output", y = convolve(x, w, stride, padding), grads = gradients(x, w, y, stride, padding);
    const place = { image: [data.at[0] * stride - padding + 1, data.at[1] * stride - padding + 1], kernel: [0, 0], output: [...data.at] };
    const row = kit.make("div", { class: "dlbook-charts" }, live), bare = { aspect: 1, xTicks: [], yTicks: [] };
    const board = (title, values) => kit.chart(row, { title, x: [0, values[0].length], y: [0, values.length], ...bare, aspect: values.length / values[0].length });
    const charts = { image: board("Image", x), kernel: board("Kernel", w), output: board("Output", y) };
    const told = { image: "dx", kernel: "dw", output: "y" };
    const side = kit.make("div", {}, live), readout = kit.readout(side, ["what", "value", "terms"]);
    const sum = kit.make("p", { class: "dlbook-hint" }, side);
    const controls = kit.make("div", { class: "dlbook-controls" }, live), announce = kit.announcer(live);
    kit.slider(controls, { label: "stride", min: 1, max: 3, step: 1, value: stride, text: (v) => String(v), move: (v) => { stride = v; again(); } });
    kit.slider(controls, { label: "padding", min: 0, max: 2, step: 1, value: padding, text: (v) => String(v), move: (v) => { padding = v; again(); } });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);

    const sizes = { image: () => x, kernel: () => w, output: () => y };
    // Where a cell's handle sits: beside its number. The first row is at the top.
    const corner = (name) => { const v = sizes[name](), [i, j] = place[name]; return [j + 0.76, v.length - i - 0.76]; };
    const handles = Object.keys(charts).map((name) => kit.handle(charts[name], {
      label: { image: "pixel", kernel: "weight", output: "output" }[name], step: [1, 1], at: () => corner(name),
      says: () => `row ${place[name][0]}, column ${place[name][1]}`,
      move: (u, v) => {
        const cells = sizes[name](), inside = (k, n) => Math.min(n - 1, Math.max(0, k));
        place[name] = [inside(cells.length - 1 - Math.floor(v - 1e-9), cells.length), inside(Math.floor(u - (u === cells[0].length ? 1e-9 : 0)), cells[0].length)];
        moved = name;
        draw();
      },
    }));

    function again() {
      y = convolve(x, w, stride, padding);
      grads = gradients(x, w, y, stride, padding);
      place.output = place.output.map((k, axis) => Math.min(k, (axis ? y[0].length : y.length) - 1));
      Object.assign(charts.output, { x: [0, y[0].length], y: [0, y.length] });
      charts.output.axes();
      draw();
    }

    // Colour is the sign, strength the size; an outline marks what takes part in the sum.
    function paint(name, values, marked, chosen) {
      const chart = charts[name], most = Math.max(1e-9, ...values.flat().map(Math.abs)), unit = Math.max(0, chart.X(1) - chart.X(0)); // a chart that has no room yet
      for (let k = 0; k < 144; k++) {
        const i = Math.floor(k / 12), j = k % 12, on = i < values.length && j < values[0].length, v = on ? values[i][j] : 0;
        const box = { x: on ? chart.X(j) : 0, y: on ? chart.Y(values.length - i) : 0, width: on ? unit : 0, height: on ? unit : 0 };
        const key = `${i},${j}`, here = on && chosen[0] === i && chosen[1] === j;
        chart.put("cell" + k, "rect", { ...box, fill: v < 0 ? "var(--orange)" : "var(--blue)", "fill-opacity": (0.6 * Math.abs(v)) / most, stroke: "currentColor", "stroke-width": 0.3 });
        chart.put("mark" + k, "rect", { ...box, fill: "none", stroke: "currentColor", "stroke-width": here ? 3 : 1.6, visibility: on && (marked.has(key) || here) ? "visible" : "hidden" });
        chart.put("text" + k, "text", { x: box.x + unit / 2, y: box.y + unit / 2 - 1, "text-anchor": "middle", class: "tick", "font-size": 11, text: on && unit > 24 ? show(v, Number.isInteger(v) ? 0 : 1) : "" });
      }
    }

    function draw() {
      const [i, j] = place.image, [r, s] = place.kernel, [p, q] = place.output;
      const terms = moved === "output" ? termsOfOutput(x, w, stride, padding, p, q)
        : moved === "image" ? termsOfPixel(y, w, stride, padding, i, j) : termsOfWeight(x, y, stride, padding, r, s);
      const keys = (a, b) => new Set(terms.map((t) => `${t[a]},${t[b]}`)), nowhere = [-1, -1];
      paint("image", moved === "image" ? grads.dx : x, keys("i", "j"), moved === "image" ? place.image : nowhere);
      paint("kernel", moved === "kernel" ? grads.dw : w, keys("r", "s"), moved === "kernel" ? place.kernel : nowhere);
      paint("output", y, keys("p", "q"), moved === "output" ? place.output : nowhere);
      const title = { image: "Image", kernel: "Kernel", output: "Output" };
      for (const name of ["image", "kernel"]) charts[name].box.children[0].textContent = title[name] + (moved === name ? ": its gradient" : "");
      const name = { output: `y[${p}, ${q}]`, image: `dx[${i}, ${j}]`, kernel: `dw[${r}, ${s}]` }[moved], value = total(terms);
      readout.set({ what: name, value: show(value), terms: String(terms.length) });
      const live = terms.filter((t) => t.a * t.b), some = live.slice(0, 6).map((t) => `${show(t.a)} · ${show(t.b)}`);
      sum.textContent = `${name} = ${some.join(" + ") || "0"}${live.length > 6 ? " + …" : ""}`;
      announce(`${name} is ${show(value)}, a sum of ${terms.length} products`);
      for (const handle of handles) handle.draw();
    }

    for (const chart of Object.values(charts)) chart.onresize = draw;
    return Object.values(charts);
  }

  book.widgets.sliding = { count, convolve, gradients, mount };
})(globalThis);
