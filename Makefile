# Two commands for a newcomer: `make demo` and `make test`. Nothing here needs root, a container or a compiler.
PYTHON ?= python3
UV := .tools/uv
RUN := .venv/bin/python -m
export UV_PYTHON_DOWNLOADS := never

.PHONY: demo test check setup soak bench screenshots clean

demo: .venv/.ready          ## a whole simulated school on http://localhost:8080
	.venv/bin/classhub demo

test: .venv/.ready          ## every test; those whose program (mosquitto, chromium) is absent say so and skip
	$(RUN) pytest -n 2 --dist loadgroup

check: .venv/.ready         ## ruff, mypy strict, architecture
	scripts/check

setup: .venv/.ready

soak: .venv/.ready          ## failure tests at full length, fuzzing at length: hours, by hand
	CLASSHUB_SOAK=1 $(RUN) pytest -m failure --timeout 7200

bench: .venv/.ready         ## the benchmarks, each prints a table
	$(RUN) benchmarks

screenshots: .venv/.ready   ## docs/images from the real demo pages
	CLASSHUB_SCREENSHOTS=docs/images $(RUN) pytest -m browser tests/browser

.venv/.ready: uv.lock pyproject.toml $(UV)
	$(UV) sync --quiet --frozen --all-extras --python $(PYTHON)
	@touch $@

$(UV): scripts/get-uv.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11+ is needed; set PYTHON=python3.x"; exit 1; }
	$(PYTHON) scripts/get-uv.py .tools
	@touch $@

clean:
	rm -rf .venv .tools artifacts demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis
