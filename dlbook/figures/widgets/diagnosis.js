// Broken runs to be diagnosed: curves and checks of one run, a few diagnoses to choose from, and why.
(function (root) {
  "use strict";
  const book = root.dlbook;

  // What is said to a choice: whether it is right, and what decides.
  function verdict(run, chosen, diagnoses) {
    const right = diagnoses[run.number], taken = diagnoses[chosen];
    if (chosen === run.number) return { right: true, text: `Yes: ${right.text}. ${right.signature}` };
    return { right: false, text: `No: \u201c${taken.text}\u201d looks different. ${taken.signature} Here, look at ${right.clue}.` };
  }

  function mount(live, data, kit) {
    const { show } = kit, last = data.runs[0].loss.length - 1, answers = {};
    let run = data.runs[data.start], epoch = Math.min(5, last);
    const top = kit.make("div", { class: "dlbook-controls", style: "margin-top:0" }, live);
    kit.choice(top, {
      label: "Run", value: run.number, options: data.runs.map((r) => ({ key: r.number, text: String(r.number) })),
      move: (number) => { run = data.runs.find((r) => r.number === number); ask(); draw(); },
    });
    const row = kit.make("div", { class: "dlbook-charts" }, live);
    const loss = kit.chart(row, { x: [0, last], y: data.limits, log: true, xLabel: "epoch", yLabel: "loss (nats)", label: "loss against epochs" });
    const accuracy = kit.chart(row, { x: [0, last], y: [0, 1], xLabel: "epoch", yLabel: "accuracy", label: "accuracy against epochs" });
    const key = kit.make("p", { class: "dlbook-hint" }, live);
    for (const [name, colour, dash] of [["training", "var(--blue)", "solid"], ["validation", "var(--orange)", "dashed"], ["guessing", "currentColor", "dotted"]]) {
      kit.make("span", { class: "dlbook-key", style: `color:${colour};border-top-style:${dash}` }, key);
      key.append(`${name}\u2003`);
    }
    const numbers = kit.readout(live, ["epoch", "training loss", "validation loss", "training accuracy", "validation accuracy", "test accuracy at the end"]);
    const report = kit.make("div", {}, live), question = kit.make("div", { class: "dlbook-controls" }, live);
    const note = kit.make("p", { class: "dlbook-note" }, live);
    kit.make("p", { class: "dlbook-hint", text: data.hint }, live);
    const announce = kit.announcer(live);

    const rail = kit.handle(loss, {
      label: "epoch", axis: "x", step: [1, 0], at: () => [epoch, data.limits[0]], says: () => `epoch ${epoch}, training loss ${show(run.loss[epoch])}`,
      move: (x) => { epoch = Math.round(x); draw(); },
    });

    function ask() {
      report.textContent = "";
      question.textContent = "";
      const failed = run.checks.filter((c) => !c.ok), list = kit.make("ul", {}, report);
      kit.make("li", { text: `${run.checks.length - failed.length} of ${run.checks.length} checks passed before the first step` }, list);
      for (const check of failed) kit.make("li", { text: `failed: ${check.name}: ${check.came}` }, list);
      kit.choice(question, {
        label: "What is wrong?", value: answers[run.number], options: run.options.map((n) => ({ key: n, text: data.diagnoses[n].text })),
        move: (n) => { answers[run.number] = n; judge(); },
      });
      judge();
    }

    function judge() {
      const chosen = answers[run.number];
      note.textContent = chosen === undefined ? "" : verdict(run, chosen, data.diagnoses).text;
      if (chosen !== undefined) announce(note.textContent);
    }

    function draw() {
      const inside = (v) => kit.clamp(v, ...data.limits);
      const points = (values) => values.map((v, e) => [e, v]);
      for (const [chart, ours, held, guess] of [[loss, run.loss.map(inside), run.validation_loss.map(inside), data.guess[0]], [accuracy, run.accuracy, run.validation_accuracy, data.guess[1]]]) {
        chart.put("guess", "path", { d: chart.path([[0, guess], [last, guess]]), class: "guide" });
        chart.put("now", "path", { d: chart.path([[epoch, chart.y[0]], [epoch, chart.y[1]]]), stroke: "currentColor", "stroke-width": 1 });
        chart.put("training", "path", { d: chart.path(points(ours)), class: "line", stroke: "var(--blue)" });
        chart.put("validation", "path", { d: chart.path(points(held)), class: "line", stroke: "var(--orange)", "stroke-dasharray": "7 4" });
      }
      const beyond = (v) => (v >= data.limits[1] ? `over ${data.limits[1]}` : show(v));
      numbers.set({
        "epoch": String(epoch), "training loss": beyond(run.loss[epoch]), "validation loss": beyond(run.validation_loss[epoch]),
        "training accuracy": show(run.accuracy[epoch]), "validation accuracy": show(run.validation_accuracy[epoch]), "test accuracy at the end": show(run.test),
      });
      rail.draw();
    }

    loss.onresize = draw;
    accuracy.onresize = draw;
    ask();
    return [loss, accuracy];
  }

  book.widgets.diagnosis = { verdict, mount };
})(globalThis);
