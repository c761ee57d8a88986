// What stands below a figure that moves: sliders, choices, buttons, readouts, and what a screen reader hears.
(function (root) {
  "use strict";
  const book = root.dlbook, { make } = book; // core.js stands before

  // A named slider: options label, min, max, step, value, text: v => what is shown, move: v, mark: {at, text}.
  function slider(parent, options) {
    const label = make("label", { class: "dlbook-slider" }, parent);
    const head = make("span", {}, label);
    make("span", { text: options.label }, head);
    const output = make("output", {}, head);
    const input = make("input", { type: "range", min: options.min, max: options.max, step: options.step }, label);
    if (options.mark) {
      // The thumb's middle travels the width less one thumb, 16 pixels.
      const part = (options.mark.at - options.min) / (options.max - options.min);
      const rail = make("span", { class: "dlbook-mark", "aria-hidden": "true" }, label);
      make("i", { text: options.mark.text, style: `left:calc(${part} * (100% - 16px) + 8px)` }, rail);
    }
    const self = {
      set(value) { input.value = value; output.textContent = options.text(+input.value); },
      get: () => +input.value,
    };
    input.setAttribute("aria-label", options.label);
    input.addEventListener("input", () => {
      output.textContent = options.text(+input.value);
      input.setAttribute("aria-valuetext", output.textContent);
      options.move(+input.value);
    });
    input.addEventListener("change", () => options.done && options.done());
    self.set(options.value);
    return self;
  }

  // Radio buttons (or, with `many`, check boxes) that look like a row of keys.
  function choice(parent, options) {
    const set = make("fieldset", { class: "dlbook-choice" }, parent);
    make("legend", { text: options.label }, set);
    const row = make("div", {}, set), name = "dlbook-choice-" + (book.groups = (book.groups || 0) + 1), inputs = [];
    for (const { key, text, colour, dash } of options.options) {
      const label = make("label", {}, row);
      const input = make("input", { type: options.many ? "checkbox" : "radio", name }, label);
      const face = make("span", {}, label);
      if (colour) make("span", { class: "swatch", style: `color:${colour};border-top-style:${dash ? "dashed" : "solid"}` }, face);
      face.append(text);
      input.checked = options.many ? options.value.includes(key) : options.value === key;
      input.addEventListener("change", () => options.move(options.many ? inputs.filter((i) => i.node.checked).map((i) => i.key) : key));
      inputs.push({ key, node: input });
    }
    return { set(value) { for (const i of inputs) i.node.checked = options.many ? value.includes(i.key) : value === i.key; } };
  }

  function button(parent, text, press) {
    const node = make("button", { type: "button", class: "dlbook-button", text }, parent);
    node.addEventListener("click", press);
    return node;
  }

  // Named numbers in a row: set({name: text}).
  function readout(parent, names) {
    const list = make("dl", { class: "dlbook-readout" }, parent), cells = {};
    for (const name of names) {
      const pair = make("div", {}, list);
      make("dt", { text: name }, pair);
      cells[name] = make("dd", {}, pair);
    }
    return { set(values) { for (const [name, text] of Object.entries(values)) if (cells[name].textContent !== text) cells[name].textContent = text; } };
  }

  // What changed, told to screen readers once the reader's hand rests.
  function announcer(parent) {
    const node = make("div", { class: "dlbook-unseen", role: "status" }, parent);
    let timer = 0;
    return (text) => { clearTimeout(timer); timer = setTimeout(() => { node.textContent = text; }, 500); };
  }

  Object.assign(book, { slider, choice, button, readout, announcer });
})(globalThis);
