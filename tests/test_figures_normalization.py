"""The batch in which one number can be changed: its script against the package, and its life in a small mock page."""

import json

import numpy as np
import pytest
from test_figures_interactive import needs_node, run

from dlbook.figures.normalization import fig_company
from dlbook.figures.normalization.company import KINDS, normalized

TABLE = np.round(np.random.default_rng(0).normal(size=(4, 3)), 1)


def company(**options):
    return fig_company(TABLE, cell=(1, 2), value=4.0, alt="a batch", **options)


@needs_node
@pytest.mark.parametrize("kind", KINDS)
def test_the_script_normalizes_as_the_package_does(kind):
    x = TABLE + np.eye(4, 3)
    call = json.dumps([kind, x.tolist(), TABLE.tolist(), 1e-3])
    got = run(f"console.log(JSON.stringify(dlbook.widgets.normalization.normalize(...{call})))", "normalization")
    np.testing.assert_allclose(got, normalized(kind, x, TABLE, 1e-3), rtol=1e-9, atol=1e-12)


def mounted(script, **options):
    return run(
        f"""dlbook.mount("k", "normalization", {company(**options)._json});
        const note = () => find((n) => n.attributes.class === "dlbook-note")[0].textContent;
        {script}""",
        "normalization",
    )


@needs_node
@pytest.mark.parametrize(("kind", "moved", "others"), [("batch", 4, 3), ("eval", 1, 0), ("layer", 3, 0), ("rms", 3, 0)])
def test_a_changed_number_moves_its_column_its_row_or_itself(kind, moved, others):
    said = mounted("console.log(JSON.stringify([note(), hosts[0].children[0].hidden]))", kind=kind)
    assert f"{moved} of 12 numbers" in said[0]
    assert f", {others} of them in other examples" in said[0]
    assert said[1] is True


@needs_node
def test_the_reader_chooses_a_number_moves_it_and_puts_it_back():
    script = """const cells = find((n) => n.tag === "button").filter((n) => n.attributes["aria-label"]);
    const slider = find((n) => n.attributes.type === "range")[0], said = [];
    find((n) => n.textContent === "Reset" && n.tag === "button")[0].fire("click", {});
    said.push(note());
    cells[0].fire("click", {});
    slider.value = -5; slider.fire("input", {});
    said.push(note(), cells[0].attributes["aria-label"], cells[0].attributes["aria-pressed"]);
    for (const end of ["min", "max"]) { slider.value = +slider.attributes[end]; slider.fire("input", {}); }
    console.log(JSON.stringify(said))"""
    said = mounted(script)
    assert "0 of 12 numbers" in said[0]
    assert "4 of 12 numbers" in said[1]
    assert said[2] == "example 1, feature 1: −5.0"
    assert said[3] == "true"
