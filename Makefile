# Two commands are enough: `make run` to use Punte, `make test` to check everything.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready-
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: run test check messages bench demo-national lock browser paper clients clean

run: $(READY)runtime  ## install, migrate, fill with the demonstration if empty, serve
	@$(BIN)/flask --app wsgi up

test: check browser paper clients  ## everything: lint, types, import rules, both databases, a real browser
	env -u PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX=$(CURDIR)/.venv/bytecode \
	  $(BIN)/python -m pytest -n $${PUNTE_TEST_PROCESSES:-4} --dist loadgroup -q

check: $(READY)development  ## lint, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(READY)development  ## measurements, as `name: value` lines
	@for one in benchmarks/[a-z]*.py; do $(BIN)/python -m benchmarks.$$(basename $$one .py) || exit 1; done

messages: $(READY)development  ## bring the catalogues in line with the words in the code
	$(BIN)/python -m tests.catalogues

browser: $(READY)development  ## a Chromium for the tests, where there is none yet
	@$(BIN)/python -m tests.browser.chromium

paper: $(READY)development  ## what certificates as PDF need from the system, where it lacks
	@$(BIN)/python -m tests.certificates.pango

clients: $(READY)development  ## calendar programs that read our feeds in the tests, where they lack
	@$(BIN)/python -m tests.feeds.clients

lock: $(READY)development  ## write the locks anew from requirements/*.in
	$(BIN)/pip install -q uv
	for one in runtime development; do $(BIN)/uv pip compile -q --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header requirements/$$one.in -o requirements/$$one.txt; done

$(READY)%: requirements/%.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || \
	  { echo "Python's venv is missing: apt-get install python3-venv, then make again"; exit 1; }
	@echo "Installing what Punte needs ($*) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
