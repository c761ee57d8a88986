// A stack of layers that the reader builds: what each layer costs, and how far its units see.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  const widths = [8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];

  // For each layer its channels, size, parameters, multiplications, values and field, as stack_costs in Python.
  function costs(layers, channels, size) {
    let field = 1, step = 1;
    return layers.map(({ kind, kernel_size: k, stride, channels: filters }) => {
      const pad = Math.floor((k - 1) / 2), square = k * k;
      size = Math.max(1, Math.floor((size + 2 * pad - k) / stride) + 1);
      const places = size * size, out = kind === "pool" ? channels : filters;
      let weights = 0, offsets = 0, values = out * places;
      if (kind === "conv") [weights, offsets] = [channels * out * square, out];
      if (kind === "separable") {
        [weights, offsets] = [channels * square + channels * out, channels + out];
        values += channels * places;
      }
      channels = out;
      field += (k - 1) * step;
      step *= stride;
      return { channels, size, parameters: weights + offsets, multiplications: weights * places, values, field };
    });
  }

  // A large number in words: 1 234, 56.7 thousand, 8.9 million.
  function words(v) {
    if (v < 1e4) return String(v);
    const [unit, name] = v < 1e6 ? [1e3, "thousand"] : v < 1e9 ? [1e6, "million"] : [1e9, "thousand million"];
    return (v / unit).toPrecision(3).replace(/\.?0+$/, (tail) => (tail.includes(".") ? "" : tail)) + " " + name;
  }

  function mount(live, data, kit) {
    const copy = (layers) => layers.map((layer) => ({ ...layer }));
    let which = 0, layers = copy(data.stacks[0].layers), chosen = 0;
    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const shown = [["parameters", "Parameters", "--blue"], ["multiplications", "Multiplications", "--orange"], ["values", "Values kept", "--green"]];
    const charts = shown.map(([, title], i) => kit.chart(row, {
      title: title + " (millions)", x: [0.4, layers.length + 0.6], y: [0, 1], aspect: 0.85, xLabel: "layer", label: title,
    }));
    for (const { box } of charts) Object.assign(box.style, { flex: "1 1 11rem", maxWidth: "24rem" }); // three in a row
    const readout = kit.readout(live, ["layer", "maps", "parameters", "multiplications", "values kept", "sees"]);
    const total = kit.make("p", { class: "dlbook-note" }, live), announce = kit.announcer(live);
    const controls = kit.make("div", { class: "dlbook-controls" }, live);
    const change = (fields) => { Object.assign(layers[chosen], fields); draw(); };
    const options = (values) => values.map((key) => ({ key, text: String(key) }));
    kit.choice(controls, { label: "Start from", value: 0, options: data.stacks.map(({ name }, key) => ({ key, text: name })), move: (key) => { which = key; layers = copy(data.stacks[key].layers); chosen = 0; draw(); } });
    const kind = kit.choice(controls, { label: "This layer is", value: "conv", options: [{ key: "conv", text: "convolution" }, { key: "separable", text: "separable" }, { key: "pool", text: "pooling" }], move: (key) => change({ kind: key, channels: layers[chosen].channels || 64 }) });
    const kernel = kit.choice(controls, { label: "Kernel", value: 3, options: options([1, 2, 3, 5, 7, 11]), move: (key) => change({ kernel_size: key }) });
    const stride = kit.choice(controls, { label: "Stride", value: 1, options: options([1, 2, 4]), move: (key) => change({ stride: key }) });
    const width = kit.slider(controls, { label: "channels", min: 0, max: widths.length - 1, step: 1, value: 0, text: (v) => String(widths[v]), move: (v) => layers[chosen].kind !== "pool" && change({ channels: widths[v] }) });
    const keys = kit.make("div", { class: "dlbook-keys" }, controls);
    kit.button(keys, "Add a layer", () => { if (layers.length < 16) { layers.splice(chosen + 1, 0, { ...layers[chosen], stride: 1 }); chosen += 1; draw(); } });
    kit.button(keys, "Take it away", () => { if (layers.length > 1) { layers.splice(chosen, 1); chosen = Math.min(chosen, layers.length - 1); draw(); } });
    kit.button(keys, "Reset", () => { layers = copy(data.stacks[which].layers); chosen = 0; draw(); });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);
    const grip = kit.handle(charts[0], {
      label: "the layer that is changed", axis: "x", step: [1, 0], at: () => [chosen + 1, 0], says: () => `layer ${chosen + 1}`,
      move: (x) => { chosen = kit.clamp(Math.round(x) - 1, 0, layers.length - 1); draw(); },
    });

    function draw() {
      const found = costs(layers, data.channels, data.size), own = layers[chosen], here = found[chosen];
      kind.set(own.kind); kernel.set(own.kernel_size); stride.set(own.stride);
      const nearest = widths.reduce((best, w, i) => (Math.abs(w - here.channels) < Math.abs(widths[best] - here.channels) ? i : best), 0);
      width.set(nearest);
      charts.forEach((chart, c) => {
        const heights = found.map((f) => f[shown[c][0]] / 1e6);
        chart.x = [0.4, layers.length + 0.6];
        chart.y = [0, Math.max(1e-3, ...heights) * 1.08];
        chart.axes();
        const bar = (i, part) => `M${chart.X(i + 1 - part).toFixed(1)} ${chart.Y(0).toFixed(1)}V${chart.Y(heights[i]).toFixed(1)}H${chart.X(i + 1 + part).toFixed(1)}V${chart.Y(0).toFixed(1)}z`;
        chart.put("bars", "path", { d: heights.map((_, i) => bar(i, 0.36)).join(""), fill: `var(${shown[c][2]})`, "fill-opacity": 0.35 });
        chart.put("one", "path", { d: bar(chosen, 0.36), fill: `var(${shown[c][2]})`, stroke: "currentColor", "stroke-width": 1 });
      });
      const sum = (name) => found.reduce((all, f) => all + f[name], 0);
      readout.set({
        layer: String(chosen + 1), maps: `${here.channels} \u00d7 ${here.size}\u00b2`, parameters: words(here.parameters),
        multiplications: words(here.multiplications), "values kept": words(here.values), sees: `${here.field} pixels`,
      });
      const last = found.at(-1);
      total.textContent = `All ${layers.length} layers: ${words(sum("parameters"))} parameters, ${words(sum("multiplications"))} multiplications, ` +
        `${words(sum("values"))} values kept; a unit at the top sees ${last.field} of ${data.size} pixels in a row.`;
      announce(`layer ${chosen + 1}, ${own.kind}: ${words(here.parameters)} parameters, ${words(here.multiplications)} multiplications. ` + total.textContent);
      grip.draw();
    }

    charts.forEach((chart) => { chart.onresize = draw; });
    return charts;
  }

  book.widgets.builder = { costs, words, mount };
})(globalThis);
