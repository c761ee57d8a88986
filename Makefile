# `make book` and `make test` need Python 3.11 or newer and nothing else: the first of them makes the environment.
# On Linux without a graphics card install the CPU build of PyTorch into .venv first (README): it is far smaller.
PYTHON ?= python3
VENV ?= .venv
PROFILE ?= dev
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PORT ?= 8000
BIN = $(VENV)/bin
STAMP = $(VENV)/.stamp

# One thread in each process: tests and pages run side by side, one on each core.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export MKL_NUM_THREADS = 1

.DEFAULT_GOAL := help
.PHONY: help book test serve lint test-binder check-pages epub clean

help:
	@echo "make book         build the book: property tests, then pages; says where the site lies"
	@echo "make serve        open the built book in a browser (PORT=$(PORT))"
	@echo "make test         run all tests (PROFILE=dev, ci or thorough)"
	@echo "make lint         check the style of the code"
	@echo "make check-pages  look at every page in a headless browser: light, dark, narrow"
	@echo "make test-binder  try what Binder would do, without Docker"
	@echo "make epub         build the book as an EPUB"
	@echo "make clean        remove what was built (not the environment)"

$(STAMP): requirements.txt pyproject.toml
	@echo "Environment: installing requirements.txt into $(VENV) (about two minutes the first time)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

book: $(STAMP)
	@echo "Book: property tests where sources changed, then the pages that they reach"
	@$(BIN)/jupyter-book build book/ -W -n --keep-going
	@echo "The book: $(CURDIR)/_build/html/index.html    (make serve opens it)"

serve: $(STAMP)
	@test -f _build/html/index.html || { echo "There is no site yet: make book"; exit 1; }
	@echo "The book: http://127.0.0.1:$(PORT)/   (Ctrl-C ends)"
	@( sleep 1; $(BIN)/python -m webbrowser -t "http://127.0.0.1:$(PORT)/" >/dev/null 2>&1 ) &
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

test: $(STAMP)
	@echo "Tests: all, profile $(PROFILE), $(JOBS) at a time"
	@DLBOOK_PROFILE=$(PROFILE) $(BIN)/python -m pytest -n $(JOBS)

lint: $(STAMP)
	@echo "Style: ruff"
	@$(BIN)/python -m ruff check .

test-binder: $(STAMP)
	@echo "Binder: the build file, a fresh environment from binder/, every chapter run on a Jupyter server"
	@$(BIN)/python tests/binder/walk.py

check-pages: $(STAMP)
	@echo "Pages: each in a headless browser, light, dark and narrow"
	@$(BIN)/python tests/browser/check.py

epub: $(STAMP)
	@echo "EPUB: property tests where sources changed, then one file"
	@$(BIN)/jupyter-book build book/ --builder custom --custom-builder epub
	@echo "The book: $(CURDIR)/_build/epub/dlbook.epub"

clean:
	@echo "Removing _build: the site, the outputs of the pages, the ledger"
	@rm -rf _build .pytest_cache .hypothesis .ruff_cache
