// A square that covers a part of an image: drag it and see the scores that are left, and the map of what it costs.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // What each place of the square costs a class.
  const lost = (whole, covered, target) => covered.map((row) => row.map((scores) => whole[target] - scores[target]));
  // Scores as shares that sum to one.
  function softmax(scores) {
    const top = Math.max(...scores), e = scores.map((s) => Math.exp(s - top)), total = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / total);
  }
  // The place of the square whose middle is nearest to a point of the image, counted from its upper left corner.
  function nearest(x, y, size, stride, rows, columns) {
    const inside = (v, n) => Math.min(n - 1, Math.max(0, Math.round((v - size / 2) / stride)));
    return [inside(y, rows), inside(x, columns)];
  }

  function mount(live, data, kit) {
    const { show } = kit, { images, classes, size, stride } = data;
    let chosen = 0, target = data.target, at = [...data.at];
    const H = images[0].image[0].length, W = images[0].image[0][0].length, bare = { xTicks: [], yTicks: [], aspect: H / W };
    const all = images.flatMap((one) => [one.whole, ...one.covered.flat()]).flat();
    const ends = [Math.min(0, ...all), Math.max(0, ...all)], room = 0.05 * (ends[1] - ends[0]);
    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const picture = kit.chart(row, { title: "Image", x: [0, W], y: [0, H], ...bare });
    const bars = kit.chart(row, { title: "Scores: whole and covered", x: [ends[0] - room, ends[1] + room], y: [0, classes.length], yTicks: [], xLabel: "score", aspect: 0.8 });
    const rows = images[0].covered.length, columns = images[0].covered[0].length;
    const map = kit.chart(row, { title: "What each place costs", x: [0, columns], y: [0, rows], ...bare });
    for (const chart of [picture, bars, map]) chart.box.style.flex = "1 1 12rem"; // three in a row where there is room
    const numbers = kit.readout(live, ["answer", "its probability", "score lost"]), announce = kit.announcer(live);
    const controls = kit.make("div", { class: "dlbook-controls" }, live);
    if (images.length > 1) kit.choice(controls, { label: "image", options: images.map((one, i) => ({ key: i, text: one.name })), value: chosen, move: (i) => { chosen = i; paint(); draw(); } });
    kit.choice(controls, { label: "class of the map", options: classes.map((text, i) => ({ key: i, text })), value: target, move: (k) => { target = k; draw(); } });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);
    const middle = () => [at[1] * stride + size / 2, H - at[0] * stride - size / 2];
    const grip = kit.handle(picture, {
      label: "square", step: [stride, stride], at: middle, says: () => `row ${at[0] * stride}, column ${at[1] * stride}`,
      move: (x, y) => { at = nearest(x, H - y, size, stride, rows, columns); draw(); },
    });

    // The pixels change only with the image and with the size of the chart.
    function paint() {
      const [r, g, b] = images[chosen].image, w = Math.max(0, picture.X(1) - picture.X(0)) + 0.5;
      for (let i = 0; i < H; i++) for (let j = 0; j < W; j++) {
        picture.put(`p${i},${j}`, "rect", { x: picture.X(j), y: picture.Y(H - i), width: w, height: w, fill: `rgb(${r[i][j]},${g[i][j]},${b[i][j]})` });
      }
    }

    function draw() {
      const { whole, covered } = images[chosen], now = covered[at[0]][at[1]], costs = lost(whole, covered, target);
      const pixel = Math.max(0, picture.X(1) - picture.X(0));
      picture.put("square", "rect", { x: picture.X(at[1] * stride), y: picture.Y(H - at[0] * stride), width: size * pixel, height: size * pixel, fill: "var(--grey)", stroke: "currentColor", "stroke-width": 2 });
      const bar = Math.abs(bars.Y(1) - bars.Y(0));
      classes.forEach((name, k) => {
        const y = bars.Y(classes.length - k);
        [["whole", whole[k], 0.14, "var(--grey)"], ["covered", now[k], 0.5, "var(--blue)"]].forEach(([key, v, part, colour]) => {
          const left = Math.min(bars.X(0), bars.X(v));
          bars.put(key + k, "rect", { x: left, y: y + part * bar, width: Math.abs(bars.X(v) - bars.X(0)), height: 0.34 * bar, fill: colour });
        });
        bars.put("name" + k, "text", { x: 4, y: y + 0.56 * bar, class: "halo", text: name });
      });
      const most = Math.max(1e-9, ...costs.flat().map(Math.abs)), cell = Math.max(0, map.X(1) - map.X(0));
      costs.forEach((line, p) => line.forEach((v, q) => map.put(`c${p},${q}`, "rect", {
        x: map.X(q), y: map.Y(rows - p), width: cell, height: cell, fill: v < 0 ? "var(--orange)" : "var(--blue)", "fill-opacity": Math.abs(v) / most,
      })));
      map.put("here", "rect", { x: map.X(at[1]), y: map.Y(rows - at[0]), width: cell, height: cell, fill: "none", stroke: "currentColor", "stroke-width": 2.5 });
      const shares = softmax(now), best = now.indexOf(Math.max(...now)), cost = costs[at[0]][at[1]];
      numbers.set({ answer: classes[best], "its probability": show(shares[best]), "score lost": `${classes[target]} ${show(cost)}` });
      announce(`Square at row ${at[0] * stride}, column ${at[1] * stride}: the answer is ${classes[best]}, ${classes[target]} loses ${show(cost)}`);
      grip.draw();
    }

    picture.onresize = () => { paint(); draw(); };
    bars.onresize = draw;
    map.onresize = draw;
    return [picture, bars, map];
  }

  book.widgets.occluder = { lost, softmax, nearest, mount };
})(globalThis);
