// A transposed convolution of ones along one axis and in the plane: which entries are painted how often.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // How often each entry of the result is painted; entry p of the input paints kernel entries from p * stride on.
  function counts(size, kernel, stride) {
    const out = new Array((size - 1) * stride + kernel).fill(0);
    for (let p = 0; p < size; p++) for (let r = 0; r < kernel; r++) out[p * stride + r]++;
    return out;
  }
  // The counts away from the border, over one period.
  const inner = (kernel, stride) => Array.from({ length: stride }, (_, rho) => Math.ceil((kernel - rho) / stride)).map((v) => Math.max(0, v));

  function mount(live, data, kit) {
    let { kernel, stride } = data, c = counts(data.size, kernel, stride), entry = c.length >> 1;
    const size = data.size;
    const row = kit.make("div", { class: "dlbook-charts" }, live), bare = { xTicks: [], yTicks: [] };
    const strokes = kit.chart(row, { title: "Each entry paints its kernel", x: [0, c.length], y: [0, 1], ...bare, aspect: 0.8 });
    const plane = kit.chart(row, { title: "How often a pixel is painted", x: [0, 1], y: [0, 1], ...bare, aspect: 1 });
    const readout = kit.readout(live, ["entry", "overlap", "in the plane", "verdict"]);
    const controls = kit.make("div", { class: "dlbook-controls" }, live), announce = kit.announcer(live);
    kit.slider(controls, { label: "kernel", min: 1, max: 8, step: 1, value: kernel, text: String, move: (v) => { kernel = v; again(); } });
    kit.slider(controls, { label: "stride", min: 1, max: 4, step: 1, value: stride, text: String, move: (v) => { stride = v; again(); } });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);
    const longest = (size - 1) * 4 + 8, times = (v) => (v === 1 ? "once" : v === 2 ? "twice" : `${v} times`);
    const handle = kit.handle(strokes, {
      label: "entry of the result", axis: "x", step: [1, 0], at: () => [entry + 0.5, 0.8 / (size + 2.5)],
      says: () => `entry ${entry}, painted ${times(c[entry])}`,
      move: (v) => { entry = Math.min(c.length - 1, Math.max(0, Math.floor(v))); draw(); },
    });

    function again() {
      c = counts(size, kernel, stride);
      entry = Math.min(entry, c.length - 1);
      strokes.x = [0, c.length];
      draw();
    }

    function draw() {
      const n = c.length, most = Math.max(...c), { w, h } = strokes.size(), unit = Math.max(0, w) / n;
      const line = Math.max(0, h) / (size + 2.5), covers = (p) => entry >= p * stride && entry < p * stride + kernel;
      for (let p = 0; p < size; p++) {
        strokes.put("bar" + p, "rect", { x: p * stride * unit, y: p * line + 0.15 * line, width: kernel * unit, height: 0.7 * line, fill: p % 2 ? "var(--orange)" : "var(--blue)", "fill-opacity": covers(p) ? 0.85 : 0.35, stroke: "currentColor", "stroke-width": covers(p) ? 2.2 : 0.5 });
      }
      for (let i = 0; i < longest; i++) {
        const on = i < n, v = on ? c[i] : 0;
        strokes.put("sum" + i, "rect", { x: on ? i * unit : 0, y: (size + 0.2) * line, width: on ? unit : 0, height: on ? line : 0, fill: "currentColor", "fill-opacity": on ? (0.45 * v) / Math.max(1, most) : 0, stroke: "currentColor", "stroke-width": 0.3 });
        strokes.put("txt" + i, "text", { x: on ? (i + 0.5) * unit : 0, y: (size + 0.95) * line, "text-anchor": "middle", class: "tick", "font-size": 10, text: on && unit > 9 ? String(v) : "" });
      }
      // A window of the plane, away from the border: twelve by twelve pixels.
      const period = inner(kernel, stride), side = Math.max(0, plane.size().w) / 12, high = Math.max(0, plane.size().h) / 12, top = Math.max(...period) ** 2;
      for (let k = 0; k < 144; k++) {
        const i = Math.floor(k / 12), j = k % 12, v = period[i % stride] * period[j % stride];
        plane.put("cell" + k, "rect", { x: j * side, y: i * high, width: side, height: high, fill: "currentColor", "fill-opacity": (0.45 * v) / Math.max(1, top), stroke: "currentColor", "stroke-width": 0.3 });
        plane.put("num" + k, "text", { x: (j + 0.5) * side, y: (i + 0.5) * high + 4, "text-anchor": "middle", class: "tick", "font-size": 10, text: side > 14 ? String(v) : "" });
      }
      const low = Math.min(...period), lo2 = low * low, even = low === Math.max(...period);
      const verdict = even ? "even: the stride divides the kernel" : low ? "uneven" : "uneven, with holes";
      readout.set({ entry: `painted ${times(c[entry])}`, overlap: even ? String(low) : `${low} or ${Math.max(...period)}`, "in the plane": even ? String(lo2) : `${lo2} to ${top}`, verdict });
      announce(`Kernel ${kernel}, stride ${stride}: ${verdict}; entry ${entry} is painted ${times(c[entry])}`);
      handle.draw();
    }

    for (const chart of [strokes, plane]) chart.onresize = draw;
    return [strokes, plane];
  }

  book.widgets.overlap = { counts, inner, mount };
})(globalThis);
