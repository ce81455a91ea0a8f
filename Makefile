# `make` or `make help` says what there is. Nothing but Python 3.11 or newer and make is needed.

PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell \
	command -v $(p) >/dev/null 2>&1 && $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $(p))))
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
FOR := 60
STORE := http://127.0.0.1:8000
MINUTES := 30
ORDERS := 10000
SECONDS := 60
COUNT := 40
# Three processes share the tests, as many wait: one has all stores on Ray, one after the other.
TESTS := $(if $(SERVICE),tests/unit/$(SERVICE),tests -m "not long and not cluster" -n 3)

.DEFAULT_GOAL := help
.PHONY: help run dev test test-long cluster check demo audit lag dead-letters config openapi events fuzz faults storm load scale bench sagas webhooks platform-key mutants clean

help: ## print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

run: $(VENV)/.run ## install what the store needs, and run it until Ctrl-C; CONFIG=serve_config.together.yaml places it otherwise
	@$(BIN)/fieldhouse run $(if $(CONFIG),--config $(CONFIG))

dev: $(VENV)/.run ## run the whole store in one process, without Ray, and anew when code changes
	@$(BIN)/fieldhouse dev

test: $(VENV)/.test ## run all tests but the long ones; SERVICE=carts runs one service's alone, without Ray
	@$(if $(SERVICE),test -d $(TESTS) || { echo "There is no service $(SERVICE): $$(ls tests/unit | grep -v '[._]' | xargs)"; exit 2; })
	$(BIN)/python -m pytest $(TESTS)

test-long: $(VENV)/.test ## break the store in many ways while it sells, kill at every step, and what else takes minutes
	$(BIN)/python -m pytest tests -m long -n 2

cluster: $(VENV)/.test ## run the store on three machines made of namespaces, as root, and kill, drain and part them
	$(BIN)/python -m pytest tests/cluster -m cluster

check: $(VENV)/.test ## lint, type-check, and check who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest tests/contract/test_events.py tests/contract/test_configuration.py tests/contract/test_topology.py

demo: $(VENV)/.run ## buy something in the running store, and tell the story
	@$(BIN)/fieldhouse demo

config: $(VENV)/.run ## show the settings, and write docs/configuration.md anew
	@$(BIN)/fieldhouse config
	@$(BIN)/fieldhouse config page

openapi: $(VENV)/.run ## write the API's document anew, from the routes of all services
	@$(BIN)/fieldhouse openapi

events: $(VENV)/.test ## write the events' documents and the picture of the services anew, from what is declared
	@$(BIN)/fieldhouse events
	@$(BIN)/python -m tests.contract.event_schemas

fuzz: $(VENV)/.test ## fuzz the running store; FOR=600 says how many seconds, STORE=http://… where it is
	@FIELDHOUSE_API_KEY=$${FIELDHOUSE_API_KEY:-dev-platform-key} $(BIN)/schemathesis run $(STORE)/.well-known/openapi.json --max-time $(FOR)

lag: $(VENV)/.run ## show how far each service is behind the events that it subscribes to
	@$(BIN)/fieldhouse lag

dead-letters: $(VENV)/.run ## list events and webhooks that were given up; DO="show|replay|drop ID", --service X, --all
	@$(BIN)/fieldhouse dead-letters $(DO)

faults: $(VENV)/.test ## break a store under load in every way, at random, for MINUTES=30; CONFIG=serve_config.together.yaml
	@FAULTS_MINUTES=$(MINUTES) $(BIN)/python -m pytest tests/faults/long_form.py tests/faults/test_secrets.py --placement $(or $(CONFIG),apart)

storm: $(VENV)/.test ## kill consumers at random while they handle the events of ORDERS=10000 orders
	@STORM_ORDERS=$(ORDERS) $(BIN)/python -m pytest tests/events/test_storm.py

load: $(VENV)/.run ## buy as fast as the running store can sell; SECONDS=60 says for how long
	@$(BIN)/fieldhouse load --seconds $(SECONDS)

scale: $(VENV)/.run ## load one service of the running store, and see replicas come and go; SERVICE=catalog or checkout
	@$(BIN)/fieldhouse scale $(or $(SERVICE),catalog)

bench: $(VENV)/.run ## measure the store in each placement, in ten minutes; QUICK=1, ONLY=purchase,read, PLACEMENTS=one,apart, VENDURE=where it is set up, NOTE="what is new"
	@$(BIN)/fieldhouse bench $(if $(QUICK),--quick) --only "$(ONLY)" --placements "$(PLACEMENTS)" --note "$(NOTE)" $(if $(VENDURE),--vendure "$(VENDURE)")

sagas: $(VENV)/.run ## list purchases that wait for an operator; DO="show|retry ID"
	@$(BIN)/fieldhouse sagas $(DO)

webhooks: $(VENV)/.run ## list platforms' endpoints and what waits for them; DO="show|retry|drop ID"
	@$(BIN)/fieldhouse webhooks $(DO)

audit: $(VENV)/.run ## prove that the books are straight, while the store runs
	@$(BIN)/fieldhouse audit

platform-key: $(VENV)/.run ## draw an API key for a platform: make platform-key NAME=acme
	@$(BIN)/fieldhouse platform-key "$(NAME)"

mutants: $(VENV)/.test ## put COUNT=40 wrong results into the rules of SERVICE=pricing, and say what its tests do not notice
	@$(BIN)/python -m tests.mutants $(SERVICE) --count $(COUNT)

clean: ## remove the environment; the store's data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The lock files are made by `uv pip compile --universal --generate-hashes`, see docs/decisions.
$(VENV)/.run: requirements/run.txt $(VENV)/.installed
	@echo "Installing what the store needs (about 400 MB the first time) ..."
	@$(PIP) install --quiet --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.installed
	@echo "Installing what the tests need (about 450 MB the first time) ..."
	@$(PIP) install --quiet --require-hashes -r requirements/test.txt
	@touch $@ $(VENV)/.run

# The project itself, in place: `fieldhouse` is a command, and every process that Ray starts finds the code.
$(VENV)/.installed: pyproject.toml requirements/build.txt $(VENV)/.created
	@$(PIP) install --quiet --require-hashes -r requirements/build.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.created: Makefile
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 or newer is needed; name one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Install Python's venv module (on Debian: the package python3-venv)." >&2; exit 1; }
	@touch $@
