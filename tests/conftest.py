"""Profiles, and the verification ledger that a complete and green run of the laws writes."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dlbook.laws import ledger as verification

PROFILE = os.environ.get("DLBOOK_PROFILE", "dev")
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("dev", max_examples=10, **SLOW)
settings.register_profile("ci", max_examples=100, derandomize=True, print_blob=True, **SLOW)
settings.register_profile("thorough", max_examples=1000, print_blob=True, **SLOW)
settings.load_profile(PROFILE)


@pytest.fixture
def ledger(record_property):
    """Note a row of the ledger: it travels with the test's report, from worker to controller."""

    def note(op, *, law, outcome="passed", examples=None, worst=None, tolerance=None, by=None, device="cpu"):
        record_property(
            "ledger",
            {
                "operation": op.name,
                "module": op.module,
                "chapter": op.chapter,
                "law": law,
                "examples": examples,
                "worst": worst,
                "tolerance": tolerance,
                "device": device,
                "outcome": outcome,
                "by": by,
            },
        )

    return note


def pytest_collection_modifyitems(items):
    """Run the laws first: what they say of a mistake is plainer than what follows from it elsewhere."""
    items.sort(key=lambda item: ("test_laws" not in item.nodeid, "test_mutants" not in item.nodeid))


def pytest_addoption(parser):
    parser.addoption("--record", type=Path, metavar="FILE", help="write what a run found on a GPU to FILE")


class Ledger:
    """Collects the rows of a run; writes the ledger when every law test was run and none failed.

    What was found on a GPU is no part of it, since the next run may have none: `--record` keeps that, failures too.
    """

    def __init__(self):
        self.rows, self.failed, self.partial = [], False, False

    def pytest_runtest_logreport(self, report):
        self.failed |= report.failed
        self.rows += [value for name, value in report.user_properties if name == "ledger" and report.when == "call"]

    def pytest_sessionfinish(self, session, exitstatus):
        config = session.config
        chosen = (
            config.option.keyword
            or config.option.markexpr not in ("", "law")
            or any("::" in a or a.endswith(".py") for a in config.args)
            or getattr(config.option, "lf", False)
        )
        here = [row for row in self.rows if row["device"] == "cpu"]
        if here and exitstatus == 0 and not self.failed and not chosen:
            verification.write(here, PROFILE)
        on_gpu = [row for row in self.rows if row["device"] != "cpu"]
        if on_gpu and config.option.record:
            verification.write(on_gpu, PROFILE, config.option.record)


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # the controller, or a run without workers
        config.pluginmanager.register(Ledger())
