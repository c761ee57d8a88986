"""A page without a browser: enough of a document for the scripts of figures to run in node, and to be moved."""

import json
import shutil
import subprocess

import pytest

from dlbook.figures.interactive import widget_source

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node, which runs the scripts, is not installed")

# A page of a few lines: enough of the document for a figure to come alive and be moved by keys and sliders.
MOCK_PAGE = r"""
const nodes = [];
class Node {
  constructor(tag) {
    Object.assign(this, { tag, attributes: {}, children: [], events: {}, style: {}, own: "", hidden: false });
    nodes.push(this);
  }
  setAttribute(k, v) {
    if (/NaN|undefined/.test(String(v))) throw new Error(`${this.tag} ${k}=${v}`);
    this.attributes[k] = String(v);
  }
  getAttribute(k) { return this.attributes[k] ?? null; }
  append(...all) {
    for (const c of all) this.children.push(c.tag ? Object.assign(c, { parent: this }) : { textContent: c });
  }
  remove() { this.parent.children.splice(this.parent.children.indexOf(this), 1); }
  get textContent() { return this.own + this.children.map((c) => c.textContent).join(""); }
  set textContent(v) { if (/NaN|undefined/.test(v)) throw new Error(v); this.own = String(v); this.children = []; }
  get classList() { return { add() {}, remove() {} }; }
  get clientWidth() { return 400; }
  get transform() { return { baseVal: [{ matrix: { e: 54, f: 10 } }] }; }
  getBoundingClientRect() { return { left: 0, top: 0 }; }
  setPointerCapture() {}
  focus() {}
  closest() { return null; }
  querySelector() { return this.children[0]; }
  addEventListener(name, f) { (this.events[name] ||= []).push(f); }
  fire(name, event) { for (const f of this.events[name] || []) f({ preventDefault() {}, target: this, ...event }); }
}
globalThis.document = {
  createElement: (tag) => new Node(tag), createElementNS: (_, tag) => new Node(tag),
  querySelectorAll: () => hosts.filter((h) => !("data-alive" in h.attributes)),
};
globalThis.ResizeObserver = class { observe() {} };
globalThis.requestAnimationFrame = (f) => f();
const hosts = [new Node("div")];
hosts[0].setAttribute("data-label", "a figure");
hosts[0].append(new Node("div"));
const find = (test) => nodes.filter(test);
const handles = () => find((n) => n.attributes.class === "dlbook-handle");
const says = () => handles().map((h) => h.attributes["aria-valuetext"]);
"""


def run(script, *widgets):
    """Run scripts of the figures, then `script`, in node; return what it prints as JSON."""
    sources = [MOCK_PAGE, *map(widget_source, ("core.js", "controls.js", *(f"{name}.js" for name in widgets))), script]
    # The announcers wait half a second for the reader's hand to rest; nobody waits for them here.
    source = "globalThis.setTimeout = () => 0; globalThis.clearTimeout = () => {};\n" + "\n".join(sources)
    done = subprocess.run([NODE, "-"], input=source, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
