// A computational graph to step through: values on the way forward, gradients on the way back, sums where ways meet.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};
  const SVG = "http://www.w3.org/2000/svg"; // the name of a vocabulary: nothing is requested
  const RADIUS = 17, NARROW = 560;

  // Each operation: its value, and its derivative by each of its inputs. y is the value, c a constant.
  const OPERATIONS = {
    add: { value: (a, b) => a + b, slopes: () => [1, 1] },
    sub: { value: (a, b) => a - b, slopes: () => [1, -1] },
    mul: { value: (a, b) => a * b, slopes: ([a, b]) => [b, a] },
    div: { value: (a, b) => a / b, slopes: ([a, b]) => [1 / b, -a / (b * b)] },
    neg: { value: (a) => -a, slopes: () => [-1] },
    scale: { value: (a, c) => a * c, slopes: (_, y, c) => [c] },
    exp: { value: (a) => Math.exp(a), slopes: (_, y) => [y] },
    log: { value: (a) => Math.log(a), slopes: ([a]) => [1 / a] },
    sin: { value: (a) => Math.sin(a), slopes: ([a]) => [Math.cos(a)] },
    cos: { value: (a) => Math.cos(a), slopes: ([a]) => [-Math.sin(a)] },
    sqrt: { value: (a) => Math.sqrt(a), slopes: (_, y) => [0.5 / y] },
    tanh: { value: (a) => Math.tanh(a), slopes: (_, y) => [1 - y * y] },
    pow: { value: (a, c) => a ** c, slopes: ([a], y, c) => [c * a ** (c - 1)] },
  };

  // The value of every node, from the inputs' values; a node's inputs stand before it in the list.
  function forward(nodes, inputs) {
    const values = [];
    nodes.forEach((node, i) => {
      const args = node.inputs.map((j) => values[j]);
      values.push(node.op ? OPERATIONS[node.op].value(...args, ...(node.constant === null ? [] : [node.constant])) : inputs[i]);
    });
    return values;
  }

  // What arrives at every node, one number for each use of it, latest use first; the gradient is their sum.
  function backward(nodes, values) {
    const arrived = nodes.map(() => []), last = nodes.length - 1, sum = (list) => list.reduce((a, b) => a + b, 0);
    arrived[last].push({ from: null, amount: 1, slope: 1 });
    for (let i = last; i >= 0; i--) {
      if (!nodes[i].op) continue;
      const gradient = sum(arrived[i].map((a) => a.amount));
      const slopes = OPERATIONS[nodes[i].op].slopes(nodes[i].inputs.map((j) => values[j]), values[i], nodes[i].constant);
      nodes[i].inputs.forEach((j, k) => arrived[j].push({ from: i, slope: slopes[k], amount: gradient * slopes[k] }));
    }
    return arrived;
  }

  function mount(live, data, kit) {
    const { show, make } = kit, { nodes, edges } = data;
    const steps = nodes.map((node, i) => i).filter((i) => nodes[i].op), count = steps.length, end = 2 * count + 1;
    const leaves = nodes.map((node, i) => i).filter((i) => !nodes[i].op);
    let inputs = nodes.map((node) => node.value), step = 0, chosen = leaves[0], stop = () => {};

    const box = make("div", { class: "dlbook-chart" }, live), svg = document.createElementNS(SVG, "svg"), parts = new Map();
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", data.label);
    box.append(svg);
    const put = (key, tag, attributes) => {
      if (!parts.has(key)) { parts.set(key, document.createElementNS(SVG, tag)); svg.append(parts.get(key)); }
      const node = parts.get(key);
      for (const [name, value] of Object.entries(attributes)) {
        if (name === "text") { if (node.textContent !== value) node.textContent = value; }
        else node.setAttribute(name, typeof value === "number" ? +value.toFixed(1) : value);
      }
    };

    const controls = make("div", { class: "dlbook-controls" }, live);
    const slide = kit.slider(controls, {
      label: "step", min: 0, max: end, step: 1, value: 0, move: (v) => { stop(); go(v); },
      text: (v) => (v <= count ? `forward ${v} of ${count}` : `backward ${v - count - 1} of ${count}`), mark: { at: count, text: "turn" },
    });
    const keys = make("div", { class: "dlbook-keys" }, controls);
    kit.button(keys, "Back", () => { stop(); go(step - 1); });
    kit.button(keys, "Step", () => { stop(); go(step + 1); });
    kit.button(keys, "Play", () => { stop(); go(0); stop = kit.animate(end * 40 + 1, (i) => { if (i % 40 === 0) go(i / 40); }); });
    const note = make("p", { class: "dlbook-note", style: "margin-top:.9rem" }, live), announce = kit.announcer(live);
    const change = make("div", { class: "dlbook-controls" }, live);
    const which = kit.choice(change, {
      label: "Change an input", value: chosen, options: leaves.map((i) => ({ key: i, text: nodes[i].name })),
      move: (i) => { chosen = i; dial.set(inputs[i]); },
    });
    const dial = kit.slider(change, {
      label: "its value", min: -3, max: 3, step: 0.1, value: inputs[chosen], text: (v) => show(v, 1),
      move: (v) => { inputs[chosen] = v; draw(); },
    });
    const reset = make("div", { class: "dlbook-keys" }, change);
    kit.button(reset, "Reset", () => { stop(); inputs = nodes.map((node) => node.value); which.set(chosen); dial.set(inputs[chosen]); go(0); });
    make("p", { class: "dlbook-hint", text: data.hint }, live);

    function go(to) {
      step = kit.clamp(to, 0, end);
      slide.set(step);
      draw();
    }

    let width = 0, height = 0;
    const self = {
      resize() {
        const now = Math.floor(box.clientWidth);
        if (now < 60 || now === width) return;
        width = now;
        // Where there is no room side by side the layers go down the page.
        height = width < NARROW ? 92 * data.layers : 84 * data.lanes;
        svg.setAttribute("height", height);
        svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        draw();
      },
    };
    const at = ([layer, lane]) => {
      const along = (layer + 0.5) / data.layers;
      return width < NARROW ? [lane * width, along * height] : [along * width, lane * height];
    };

    // From rim to rim through the places that keep a long arrow clear of other nodes.
    function route({ from, to, via }, returning) {
      const points = [nodes[from].place, ...via, nodes[to].place].map(at), last = points.length - 1;
      const short = ([x0, y0], [x1, y1], r) => { const d = Math.hypot(x1 - x0, y1 - y0); return [x0 + ((x1 - x0) * r) / d, y0 + ((y1 - y0) * r) / d]; };
      const first = short(points[0], points[1], RADIUS + 1), final = short(points[last], points[last - 1], RADIUS + 3);
      const all = [first, ...points.slice(1, last), final];
      // The arrow points where numbers travel.
      const [tip, before] = returning ? [all[0], all[1]] : [all[last], all[last - 1]], angle = Math.atan2(tip[1] - before[1], tip[0] - before[0]);
      const barb = (turn) => `M${tip.map((v) => v.toFixed(1)).join(" ")}L${(tip[0] - 7 * Math.cos(angle + turn)).toFixed(1)} ${(tip[1] - 7 * Math.sin(angle + turn)).toFixed(1)}`;
      const middle = Math.floor(last / 2);
      return {
        path: all.map(([x, y], i) => (i ? "L" : "M") + x.toFixed(1) + " " + y.toFixed(1)).join("") + barb(0.45) + barb(-0.45),
        label: [(all[middle][0] + all[middle + 1][0]) / 2, (all[middle][1] + all[middle + 1][1]) / 2],
      };
    }

    function draw() {
      if (!width) return;
      const values = forward(nodes, inputs), arrived = backward(nodes, values), position = new Map(steps.map((i, k) => [i, k]));
      const known = (i) => !nodes[i].op || position.get(i) < step;
      // After `step` the pullbacks of the last `back` operations have been played.
      const back = step - count - 1, played = (i) => back >= 0 && (i === null || count - 1 - position.get(i) < back);
      const now = step === 0 || step === count + 1 ? null : step <= count ? steps[step - 1] : steps[count - back];
      edges.forEach((edge, k) => {
        const active = now === edge.to, returning = active && back > 0, { path, label } = route(edge, returning);
        put("edge" + k, "path", {
          d: path, class: "line", "stroke-width": active ? 2.6 : 1.3, opacity: active ? 1 : 0.55,
          stroke: returning ? "var(--orange)" : active ? "var(--blue)" : "currentColor", "stroke-dasharray": returning ? "5 3" : "none",
        });
        edge.label = returning ? { x: label[0], y: label[1] + 4, text: show(arrived[edge.from].find((a) => a.from === edge.to).amount) } : null;
      });
      nodes.forEach((node, i) => {
        const [x, y] = at(node.place), active = now === i, colour = back > 0 ? "var(--orange)" : "var(--blue)";
        put("node" + i, "circle", { cx: x, cy: y, r: RADIUS, fill: "var(--paper)", stroke: active ? colour : "currentColor", "stroke-width": active ? 3 : node.op ? 1.4 : 2.2 });
        put("sign" + i, "text", { x, y: y + 4, "text-anchor": "middle", text: node.sign });
        const value = known(i) ? (node.op && node.name ? `${node.name} = ` : "") + show(values[i]) : node.op && node.name ? node.name : "";
        put("value" + i, "text", { x, y: y - RADIUS - 5, "text-anchor": "middle", class: "halo", text: value });
        const here = arrived[i].filter((a) => played(a.from)), total = here.reduce((a, b) => a + b.amount, 0);
        const sum = here.length > 1 ? here.map((a) => show(a.amount)).join(" + ").replace(/\+ \u2212/g, "\u2212 ") + " = " : "";
        put("gradient" + i, "text", { x, y: y + RADIUS + 14, "text-anchor": "middle", class: "halo", style: "fill:var(--orange);font-weight:600", text: here.length ? sum + show(total) : "" });
      });
      edges.forEach((edge, k) => put("amount" + k, "text", { x: 0, y: 0, "text-anchor": "middle", class: "halo", style: "fill:var(--orange)", text: "", ...(edge.label || {}) }));
      note.textContent = says(values, arrived, now, back);
      announce(note.textContent);
    }

    const title = (i) => nodes[i].name || nodes[i].text;
    function says(values, arrived, now, back) {
      if (step === 0) return "The inputs are given. Step forward to compute what follows from them.";
      if (step === count + 1) return `The way back begins: the gradient of ${title(nodes.length - 1)} by itself is 1.`;
      if (back < 0) return `${nodes[now].name ? nodes[now].name + " = " : ""}${nodes[now].text} = ${show(values[now])}.`;
      const total = (i, until) => arrived[i].filter((a) => a.from === null || a.from >= until).reduce((s, a) => s + a.amount, 0);
      const parts = nodes[now].inputs.map((j, k) => {
        const a = arrived[j].filter((one) => one.from === now)[nodes[now].inputs.slice(0, k).filter((other) => other === j).length];
        const before = arrived[j].filter((one) => one.from === null || one.from > now);
        const added = before.length ? `; it had ${show(total(j, now + 1))}, together ${show(total(j, now))}` : "";
        return `${title(j)} receives ${show(total(now, now + 1))} \u00d7 ${show(a.slope)} = ${show(a.amount)}${added}`;
      });
      return `Back through ${nodes[now].name || nodes[now].text}: ${parts.join(". ")}.`;
    }

    return [self];
  }

  book.widgets.graph = { forward, backward, mount };
})(globalThis);
