# Every target works on a fresh clone: the first run makes .venv and installs, later runs find the stamp and go on.
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
# Two tests at a time on two cores, the tests of a file in one process: they share its fixtures.
PYTEST := $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile

export HF_HUB_DISABLE_TELEMETRY = 1
export ANONYMIZED_TELEMETRY = False

.PHONY: app test test-slow index eval eval-suite lint clean

# The stamps depend on the files that pin the packages: a changed pin installs again, nothing else does.
$(VENV)/.installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

app: $(VENV)/.installed  ## index the documents and open the chat page
	@$(BIN)/python -m rag.ui --port $(PORT)

# One thread a process: the model is small, and its threads spend more time on waiting for each other than on it.
test test-slow eval eval-suite: export OMP_NUM_THREADS ?= 1

test: $(VENV)/.installed-dev  ## every test but the slow ones
	$(PYTEST) -m "not slow"

test-slow: $(VENV)/.installed-dev  ## the slow tests: every point of the page in a browser, kill loops, load
	$(PYTEST) -m slow

index: $(VENV)/.installed  ## bring the index up to date
	$(BIN)/python -m rag index

eval: $(VENV)/.installed-dev  ## the eval suite over the bundled corpus
	$(BIN)/python -m eval run

# Apart, because both together take more than three minutes on two cores. The index is that of `eval`.
eval-suite: $(VENV)/.installed-dev  ## the harder questions, against a baseline of their own
	$(BIN)/python -m eval run --data eval/data/suite.jsonl --index eval/results/latest/index --out eval/results/suite

lint: $(VENV)/.installed-dev  ## ruff and mypy over the whole tree
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:  ## remove what can be made again: venv, index, caches
	rm -rf $(VENV) .kihon .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
