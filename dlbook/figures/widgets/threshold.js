// One score, two classes: drag the threshold and watch hits, false alarms, and what they mean at another prevalence.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  // Shares of positives and of negatives with a score of at least the threshold.
  function rates(positive, negative, threshold) {
    const above = (list) => list.filter((s) => s >= threshold).length / list.length;
    return { tpr: above(positive), fpr: above(negative) };
  }

  // What the two rates mean where a share of the examples is positive; precision of nothing is taken as 0.
  function measures({ tpr, fpr }, share) {
    const tp = share * tpr, fp = (1 - share) * fpr, fn = share - tp, tn = 1 - share - fp;
    return {
      tp, fp, fn, tn, recall: tpr, accuracy: tp + tn,
      precision: tp + fp > 0 ? tp / (tp + fp) : 0,
      f1: tp > 0 ? (2 * tp) / (2 * tp + fp + fn) : 0,
    };
  }

  // The ROC curve, from (0, 0) to (1, 1); equal scores are one step.
  function roc(positive, negative) {
    const levels = [...new Set([...positive, ...negative])].sort((a, b) => b - a), points = [[0, 0]];
    const up = [...positive].sort((a, b) => b - a), down = [...negative].sort((a, b) => b - a);
    let i = 0, j = 0;
    for (const level of levels) {
      while (i < up.length && up[i] >= level) i++;
      while (j < down.length && down[j] >= level) j++;
      points.push([j / down.length, i / up.length]);
    }
    return points;
  }

  function mount(live, data, kit) {
    const { show } = kit, { positive, negative, range, bins, heights } = data;
    let threshold = data.threshold, share = data.share;
    const curve = roc(positive, negative), top = 1.08 * Math.max(...heights.positive, ...heights.negative);
    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const scores = kit.chart(row, { title: "Scores of the two classes", x: range, y: [0, top], aspect: 0.8, xLabel: "score", yLabel: "density" });
    const plane = kit.chart(row, { title: "ROC curve", x: [0, 1], y: [0, 1], aspect: 0.8, xLabel: "false alarms", yLabel: "hits" });
    const names = ["hits", "false alarms", "missed", "rightly left", "precision", "recall", "F1", "accuracy"];
    const readout = kit.readout(live, names), controls = kit.make("div", { class: "dlbook-controls" }, live);
    const announce = kit.announcer(live);
    kit.slider(controls, {
      label: "positives in a thousand", min: 0, max: 2.7, step: 0.01, value: Math.log10(1000 * share),
      text: (v) => show(10 ** v, 10 ** v < 10 ? 1 : 0), move: (v) => { share = 10 ** v / 1000; draw(); },
    });
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);
    const grip = kit.handle(scores, {
      label: "threshold", axis: "x", step: [(range[1] - range[0]) / 50, 0], at: () => [threshold, 0],
      says: () => `threshold ${show(threshold)}`, move: (x) => { threshold = x; draw(); },
    });

    // A histogram as an outline; the part to the right of the threshold is filled more strongly.
    function outline(list, from) {
      const points = [];
      list.forEach((h, i) => {
        const left = Math.max(bins[i], from), right = bins[i + 1];
        if (right > from) points.push([left, h], [right, h]);
      });
      return points.length ? [[points[0][0], 0], ...points, [points.at(-1)[0], 0]] : [[from, 0]];
    }

    function draw() {
      const at = rates(positive, negative, threshold), m = measures(at, share);
      for (const [key, list, colour, dash] of [["negative", heights.negative, "var(--blue)", "none"], ["positive", heights.positive, "var(--orange)", "5 3"]]) {
        scores.put(key + "called", "path", { d: scores.path(outline(list, threshold)) + "Z", fill: colour, opacity: 0.35 });
        scores.put(key, "path", { d: scores.path(outline(list, bins[0])), class: "line", stroke: colour, "stroke-dasharray": dash });
        const peak = list.indexOf(Math.max(...list));
        scores.put(key + "name", "text", { x: scores.X((bins[peak] + bins[peak + 1]) / 2), y: scores.Y(list[peak]) - 6, "text-anchor": "middle", class: "halo", text: data.classes[key === "positive" ? 1 : 0] });
      }
      scores.put("rail", "path", { d: scores.path([[threshold, 0], [threshold, top]]), stroke: "currentColor", "stroke-width": 1.6 });
      plane.put("chance", "path", { d: plane.path([[0, 0], [1, 1]]), class: "guide" });
      plane.put("curve", "path", { d: plane.path(curve), class: "line", stroke: "var(--green)" });
      plane.put("here", "circle", { cx: plane.X(at.fpr), cy: plane.Y(at.tpr), r: 7, fill: "var(--green)", stroke: "var(--paper)", "stroke-width": 2 });
      const count = (v) => show(1000 * v, 0);
      readout.set({
        hits: count(m.tp), "false alarms": count(m.fp), missed: count(m.fn), "rightly left": count(m.tn),
        precision: show(m.precision), recall: show(m.recall), F1: show(m.f1), accuracy: show(m.accuracy, 3),
      });
      announce(`hits ${show(at.tpr)}, false alarms ${show(at.fpr)}, precision ${show(m.precision)}, accuracy ${show(m.accuracy, 3)}`);
      grip.draw();
    }

    scores.onresize = draw;
    plane.onresize = draw;
    return [scores, plane];
  }

  book.widgets.threshold = { rates, measures, roc, mount };
})(globalThis);
