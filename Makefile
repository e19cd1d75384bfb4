# Two commands for a newcomer: `make demo` and `make test`. Nothing here needs root, a container or a compiler.
PYTHON ?= python3
UV := .tools/uv
RUN := .venv/bin/python -m
COMPOSE := docker compose
export UV_PYTHON_DOWNLOADS := never
# The certificates of the machine: many schools sit behind a proxy with its own.
export UV_SYSTEM_CERTS := true

.PHONY: demo test check setup up down soak bench screenshots clean

demo: .venv/.ready          ## a whole simulated school on http://localhost:8080
	.venv/bin/classhub demo

test: .venv/.dev            ## every test; those whose program (mosquitto, chromium) is absent say so and skip
	$(RUN) pytest -n 2 --dist loadgroup

check: .venv/.dev           ## ruff, mypy strict, architecture
	scripts/check

setup: .venv/.ready         ## the programs, without starting any

up: .env                    ## the production stack by docker compose: secrets on the first run, then everything
	mkdir -p deploy/secrets deploy/edge/data
	$(COMPOSE) build hub
	$(COMPOSE) run --rm setup
	$(COMPOSE) up -d --wait mosquitto influxdb postgres
	. ./.env && $(COMPOSE) run --rm setup stack finish --dir /deploy --owner $$CLASSHUB_UID:$$CLASSHUB_GID
	$(COMPOSE) up -d --wait

down:                       ## stop it; data and secrets stay
	$(COMPOSE) --profile edge --profile demo down

.env: .env.example
	@test -e $@ || cp .env.example $@

soak: .venv/.dev            ## failure tests at full length, fuzzing at length, promises in seconds: hours, by hand
	CLASSHUB_SOAK=1 $(RUN) pytest -m failure --timeout 7200
	CLASSHUB_SOAK=1 $(RUN) pytest tests/wire tests/firmware_bridge tests/edge/dialects tests/hub/school tests/hub/ingest --timeout 7200
	CLASSHUB_SOAK=1 $(RUN) pytest tests/edge/test_delivery.py tests/hub/live/test_rooms.py tests/hub/registry tests/hub/test_pulse.py tests/hub/test_service.py tests/hub/test_hanging_servers.py tests/commands/test_bridge.py --timeout 7200

bench: .venv/.dev           ## the benchmarks, each prints a table
	$(RUN) benchmarks

screenshots: .venv/.dev     ## README's pictures, docs/images/wall*.png, taken from the running demo by its test
	CLASSHUB_SCREENSHOTS=docs/images $(RUN) pytest tests/demo -k promised

# What runs; a developer's tools come on top and are left alone by it.
.venv/.ready: uv.lock pyproject.toml $(UV)
	$(UV) sync --quiet --frozen --compile-bytecode --all-extras --no-dev --inexact --python $(PYTHON)
	@touch $@

.venv/.dev: uv.lock pyproject.toml $(UV)
	$(UV) sync --quiet --frozen --compile-bytecode --all-extras --python $(PYTHON)
	@touch $@ .venv/.ready

$(UV): scripts/get-uv.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11+ is needed; set PYTHON=python3.x"; exit 1; }
	$(PYTHON) scripts/get-uv.py .tools
	@touch $@

clean:
	rm -rf .venv .tools artifacts demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis
