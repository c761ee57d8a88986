// A batch as a table: change one number, and see which numbers of the normalized batch move.
(function (root) {
  "use strict";
  const book = (root.dlbook = root.dlbook || {});
  book.widgets = book.widgets || {};

  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
  const transpose = (x) => x[0].map((_, c) => x.map((row) => row[c]));

  // Mean and standard deviation (eps inside the root) of a list.
  function moments(list, eps) {
    const m = mean(list);
    return [m, Math.sqrt(mean(list.map((v) => (v - m) ** 2)) + eps)];
  }
  const standardize = (list, [m, s]) => list.map((v) => (v - m) / s);

  // The normalized batch; "eval" takes the statistics of the batch `start`.
  function normalize(kind, x, start, eps) {
    if (kind === "layer") return x.map((row) => standardize(row, moments(row, eps)));
    if (kind === "rms") return x.map((row) => standardize(row, [0, Math.sqrt(mean(row.map((v) => v * v)) + eps)]));
    const columns = transpose(x), from = kind === "eval" ? transpose(start) : columns;
    return transpose(columns.map((column, c) => standardize(column, moments(from[c], eps))));
  }

  function mount(live, data, kit) {
    const { show, make } = kit, { start, eps } = data, n = start.length, c = start[0].length;
    const x = start.map((row) => [...row]);
    let [i, j] = data.cell, kind = data.kind;
    x[i][j] = data.value;

    const row = make("div", { class: "dlbook-charts" }, live);
    const table = (title) => {
      const box = make("div", { class: "dlbook-chart", style: "flex:1 1 15rem" }, row);
      const body = make("table", { class: "dlbook-values" }, box), caption = make("caption", { text: title }, body);
      const head = make("tr", {}, make("thead", {}, body)), rows = make("tbody", {}, body), cells = [];
      make("th", { scope: "col", text: "" }, head);
      for (let k = 0; k < c; k++) make("th", { scope: "col", text: data.columns[k] }, head);
      for (let r = 0; r < n; r++) {
        const line = make("tr", {}, rows);
        make("th", { scope: "row", text: data.rows[r] }, line);
        cells.push(start[r].map(() => make("td", {}, line)));
      }
      return { caption, cells };
    };
    const input = table("what comes in: choose a number"), output = table("");
    const buttons = input.cells.map((line, r) => line.map((cell, k) => {
      const node = kit.button(cell, "", () => { [i, j] = [r, k]; slider.set(x[i][j]); draw(); });
      node.setAttribute("style", "width:100%;min-width:3.4em;padding:.15rem .2rem");
      return node;
    }));

    const controls = make("div", { class: "dlbook-controls" }, live), announce = kit.announcer(live);
    const slider = kit.slider(controls, {
      label: "the chosen number", min: -6, max: 6, step: 0.1, value: x[i][j], text: (v) => show(v, 1),
      move: (v) => { x[i][j] = v; draw(); },
    });
    const choice = kit.choice(controls, {
      label: "normalized by", value: kind, move: (key) => { kind = key; draw(); },
      options: Object.entries(data.kinds).map(([key, text]) => ({ key, text })),
    });
    const keys = make("div", { class: "dlbook-keys" }, controls);
    kit.button(keys, "Reset", () => {
      start.forEach((line, r) => line.forEach((v, k) => { x[r][k] = v; }));
      slider.set(x[i][j]);
      draw();
    });
    const note = make("p", { class: "dlbook-note" }, live);
    make("p", { class: "dlbook-hint", text: data.hint }, live);

    // Strength is opacity over the page, so that text stays readable in both themes.
    const tint = (v) => `background:color-mix(in srgb, var(--${v < 0 ? "orange" : "blue"}) ${Math.round(45 * Math.min(1, Math.abs(v) / 2))}%, transparent)`;

    function draw() {
      const y = normalize(kind, x, start, eps), before = normalize(kind, start, start, eps);
      let moved = 0, company = 0;
      for (let r = 0; r < n; r++) for (let k = 0; k < c; k++) {
        const chosen = r === i && k === j, changed = Math.abs(y[r][k] - before[r][k]) > 0.005;
        buttons[r][k].textContent = show(x[r][k], 1);
        buttons[r][k].setAttribute("aria-pressed", chosen);
        buttons[r][k].setAttribute("aria-label", `${data.rows[r]}, ${data.columns[k]}: ${show(x[r][k], 1)}`);
        buttons[r][k].style.outline = chosen ? "3px solid var(--accent)" : "";
        const cell = output.cells[r][k];
        cell.textContent = show(y[r][k], 2);
        cell.setAttribute("style", tint(y[r][k]) + (changed ? ";outline:2px solid currentColor;outline-offset:-2px;font-weight:600" : ""));
        moved += changed;
        company += changed && r !== i;
      }
      output.caption.textContent = `what comes out: ${data.kinds[kind]}`;
      note.textContent = `Compared with the first batch ${moved} of ${n * c} numbers that come out are different, ${company} of them in other examples.`;
      announce(note.textContent);
    }

    choice.set(kind);
    draw();
    return [];
  }

  book.widgets.normalization = { normalize, mount };
})(globalThis);
