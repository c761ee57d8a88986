// The frame that every figure that moves is built in: numbers, charts, handles, and coming alive.
// Plain JavaScript, nothing fetched. A page may hold this text many times; the last copy wins, all are equal.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};
  const SVG = "http://www.w3.org/2000/svg"; // the name of a vocabulary: nothing is requested

  const clamp = (v, lo, hi) => Math.min(hi, Math.max(lo, v));

  // Round numbers between lo and hi, about `count` of them.
  function ticks(lo, hi, count) {
    const raw = (hi - lo) / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
    const out = [];
    for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + 1e-9 * step; i++) out.push(i * step);
    return out;
  }

  // A number as it is read: a real minus sign, no tail of zeros that means nothing.
  function show(v, digits = 2) {
    if (!Number.isFinite(v)) return v > 0 ? "\u221e" : v < 0 ? "\u2212\u221e" : "undefined";
    const big = Math.abs(v) >= 1e4 || (v !== 0 && Math.abs(v) < 10 ** -(digits + 1));
    const text = big ? v.toExponential(1).replace("e+", "e") : v.toFixed(digits);
    return text.replace(/^-(0(\.0*)?)$/, "$1").replace(/-/g, "\u2212");
  }
  const tickText = (v) => String(+v.toPrecision(6)).replace(/-/g, "\u2212");
  const powerText = (e) => "10" + String(e).replace(/-/g, "\u207b").replace(/\d/g, (d) => "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[d]);

  function make(tag, attributes, parent) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "text") node.textContent = value;
      else node.setAttribute(name, value);
    }
    if (parent) parent.append(node);
    return node;
  }

  // The outline of a mark of half-width r: a shape per class, so that colour never stands alone.
  function mark(kind, x, y, r) {
    const at = `M${(x - r).toFixed(1)} `;
    if (kind === 0) return at + `${y.toFixed(1)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
    if (kind === 1) return at + `${(y - r).toFixed(1)}h${2 * r}v${2 * r}h${-2 * r}z`;
    if (kind === 2) return at + `${(y + 0.8 * r).toFixed(1)}h${2 * r}l${-r} ${-1.9 * r}z`;
    return at + `${y.toFixed(1)}l${r} ${-r}l${r} ${r}l${-r} ${r}z`;
  }

  // A chart in real pixels: it follows the width it is given, text keeps its size.
  // options: x, y: [lo, hi]; xLabel, yLabel, title; aspect (height/width of the plot), equal, log (y), bare (no ticks)
  function chart(parent, options) {
    const box = make("div", { class: "dlbook-chart" }, parent);
    if (options.title) make("div", { class: "dlbook-title", text: options.title }, box);
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", options.label || options.title || "chart");
    box.append(svg);
    const parts = new Map();
    const self = { box, svg, x: options.x, y: options.y, onresize: null };
    const pad = { left: options.yLabel ? 54 : 34, right: 12, top: 10, bottom: options.xLabel ? 42 : 24 };
    let width = 0, height = 0;

    self.put = (key, tag, attributes, where) => {
      let node = parts.get(key);
      if (!node) {
        node = document.createElementNS(SVG, tag);
        parts.set(key, node);
        (where || plot).append(node);
      }
      for (const [name, value] of Object.entries(attributes)) {
        if (name === "text") { if (node.textContent !== value) node.textContent = value; }
        else node.setAttribute(name, typeof value === "number" ? +value.toFixed(2) : value);
      }
      return node;
    };
    const under = document.createElementNS(SVG, "g"), plot = document.createElementNS(SVG, "g"), over = document.createElementNS(SVG, "g");
    const clip = document.createElementNS(SVG, "svg"); // a nested viewport clips without an id
    clip.setAttribute("overflow", "hidden");
    clip.append(plot);
    svg.append(under, clip, over);
    self.over = over;

    const inner = () => ({ w: width - pad.left - pad.right, h: height - pad.top - pad.bottom });
    const along = (v, [lo, hi]) => (v - lo) / (hi - lo);
    const level = (v) => (options.log ? Math.log10(v) : v);
    const range = () => (options.log ? self.y.map(Math.log10) : self.y);
    // Inside the clip the origin is the plot's corner; `over` shares it.
    self.X = (v) => along(v, self.x) * inner().w;
    self.Y = (v) => (1 - along(level(v), range())) * inner().h;
    self.invert = (px, py) => {
      const { w, h } = inner(), [ylo, yhi] = range();
      const v = ylo + (1 - py / h) * (yhi - ylo);
      return [self.x[0] + (px / w) * (self.x[1] - self.x[0]), options.log ? 10 ** v : v];
    };
    self.size = inner;
    self.path = (points) => points.map(([x, y], i) => (i ? "L" : "M") + self.X(x).toFixed(1) + " " + self.Y(y).toFixed(1)).join("");

    function axes() {
      if (!width) return; // not laid out yet: `resize` calls again
      const { w, h } = inner();
      under.textContent = "";
      under.setAttribute("transform", `translate(${pad.left} ${pad.top})`);
      over.setAttribute("transform", `translate(${pad.left} ${pad.top})`);
      for (const [name, value] of Object.entries({ x: pad.left, y: pad.top, width: w, height: h })) clip.setAttribute(name, value);
      const draw = (tag, attributes, text) => {
        const node = document.createElementNS(SVG, tag);
        for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
        if (text !== undefined) node.textContent = text;
        under.append(node);
      };
      for (const v of options.xTicks || ticks(self.x[0], self.x[1], w / 70)) {
        draw("path", { class: "grid", d: `M${self.X(v)} 0V${h}` });
        draw("text", { class: "tick", x: self.X(v), y: h + 16, "text-anchor": "middle" }, tickText(v));
      }
      let levels = options.yTicks || ticks(range()[0], range()[1], h / 45);
      if (options.log) levels = [...new Set(levels.map(Math.round))].map((e) => 10 ** e);
      for (const v of levels) {
        draw("path", { class: "grid", d: `M0 ${self.Y(v)}H${w}` });
        draw("text", { class: "tick", x: -7, y: self.Y(v) + 4, "text-anchor": "end" }, options.log ? powerText(Math.round(Math.log10(v))) : tickText(v));
      }
      draw("path", { class: "frame", d: `M0 0V${h}H${w}` });
      if (options.xLabel) draw("text", { x: w / 2, y: h + 35, "text-anchor": "middle" }, options.xLabel);
      if (options.yLabel) draw("text", { transform: `translate(-40 ${h / 2}) rotate(-90)`, "text-anchor": "middle" }, options.yLabel);
    }

    self.axes = axes;
    self.resize = () => {
      const now = Math.floor(box.clientWidth);
      if (now < 60 || now === width) return;
      width = now;
      const w = width - pad.left - pad.right;
      const aspect = options.equal ? (self.y[1] - self.y[0]) / (self.x[1] - self.x[0]) : options.aspect || 0.72;
      height = Math.round(w * aspect) + pad.top + pad.bottom;
      svg.setAttribute("height", height);
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      axes();
      if (self.onresize) self.onresize();
    };
    return self;
  }

  // A point to drag with mouse, finger or arrow keys.
  // options: label, at: () => [x, y], move: (x, y), step: [dx, dy], axis: "x" | "y" | both, says: () => text, colour, done
  function handle(plot, options) {
    const g = document.createElementNS(SVG, "g");
    g.setAttribute("class", "dlbook-handle");
    g.setAttribute("tabindex", "0");
    g.setAttribute("role", "slider");
    g.setAttribute("aria-roledescription", "draggable point");
    g.setAttribute("aria-label", options.label);
    if (options.colour) g.style.color = options.colour;
    for (const [name, r] of [["hit", 22], ["ring", 13], ["knob", 8], ["pip", 2.5]]) {
      const circle = document.createElementNS(SVG, "circle");
      circle.setAttribute("class", name);
      circle.setAttribute("r", r);
      g.append(circle);
    }
    plot.over.append(g);
    const move = (x, y) => {
      const [lo, hi] = plot.x, [bottom, top] = plot.y;
      options.move(clamp(x, lo, hi), clamp(y, bottom, top));
    };
    let grip = null;
    g.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const [x, y] = options.at(), at = local(event);
      grip = [plot.X(x) - at[0], plot.Y(y) - at[1]];
      g.setPointerCapture(event.pointerId);
      g.classList.add("held");
      event.preventDefault();
      g.focus({ preventScroll: true });
    });
    g.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const [px, py] = local(event);
      move(...plot.invert(px + grip[0], py + grip[1]));
    });
    // touch-action alone does not keep every browser from scrolling away under an SVG group.
    g.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    const release = () => { if (!grip) return; grip = null; g.classList.remove("held"); if (options.done) options.done(); };
    g.addEventListener("pointerup", release);
    g.addEventListener("pointercancel", release);
    g.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!way) return;
      event.preventDefault();
      const [x, y] = options.at(), [dx, dy] = options.step, fast = event.shiftKey ? 5 : 1;
      // A handle on a rail obeys either pair of arrows.
      const along = options.axis === "x" ? [way[0] || way[1], 0] : options.axis === "y" ? [0, way[1] || way[0]] : way;
      move(x + along[0] * dx * fast, y + along[1] * dy * fast);
      if (options.done) options.done();
    });
    function local(event) {
      const frame = plot.svg.getBoundingClientRect(), matrix = plot.over.transform.baseVal[0].matrix;
      return [event.clientX - frame.left - matrix.e, event.clientY - frame.top - matrix.f];
    }
    return {
      draw() {
        const [x, y] = options.at();
        g.setAttribute("transform", `translate(${plot.X(x).toFixed(1)} ${plot.Y(y).toFixed(1)})`);
        g.setAttribute("aria-valuenow", +(options.axis === "y" ? y : x).toFixed(3));
        g.setAttribute("aria-valuetext", options.says ? options.says() : `${show(x)}, ${show(y)}`);
      },
    };
  }

  // Call frame(i) for i = 0 ... count-1, one per screen refresh; at once where motion is not wanted. Returns a stop.
  function animate(count, frame) {
    let i = 0, live = true;
    if (root.matchMedia && root.matchMedia("(prefers-reduced-motion: reduce)").matches) { while (i < count) frame(i++); return () => {}; }
    const tick = () => { if (!live || i >= count) return; frame(i++); requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
    return () => { live = false; };
  }

  // Replace the still picture of every figure with this key by the living one.
  function mount(key, name, data, tries = 50) {
    const hosts = document.querySelectorAll(`[data-dlbook="${key}"]:not([data-alive])`);
    // A notebook may run the script before it puts the figure into the page.
    if (!hosts.length && tries) return void setTimeout(() => mount(key, name, data, tries - 1), 100);
    for (const host of hosts) {
      host.setAttribute("data-alive", "");
      const live = make("div", { class: "dlbook-live", role: "group", "aria-label": host.getAttribute("data-label") });
      host.append(live);
      try {
        const charts = book.widgets[name].mount(live, data, book);
        const fit = () => charts.forEach((c) => c.resize());
        new ResizeObserver(fit).observe(live);
        host.querySelector(".dlbook-still").hidden = true;
        fit();
      } catch (error) {
        live.remove(); // the still picture stays
        throw error;
      }
    }
  }

  Object.assign(book, { clamp, ticks, show, make, mark, chart, handle, animate, mount });
})(globalThis);
