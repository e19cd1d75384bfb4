"""`python -m tests.fuzz TARGET [libFuzzer options]`: coverage-guided fuzzing by atheris, which is not in the lock file.

    uv venv /tmp/fuzz && uv pip install --python /tmp/fuzz atheris msgspec paho-mqtt pyserial
    /tmp/fuzz/bin/python -m tests.fuzz tasmota -max_total_time=600 /tmp/corpus-tasmota

What it finds, and inputs that reached far, go into tests/fuzz/cases/TARGET/: tests/fuzz/test_targets.py runs them.
"""

import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["edge", "firmware_bridge", "wire"]):
    from tests.fuzz.seeds import seeds
    from tests.fuzz.targets import TARGETS


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"targets: {' '.join(TARGETS)}")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as beginning:
        for number, seed in enumerate(seeds(name)):
            Path(beginning, str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, beginning], TARGETS[name])
        atheris.Fuzz()


main()
