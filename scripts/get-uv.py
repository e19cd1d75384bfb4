"""Fetch uv (pinned, checked by hash) from the Python package index, with nothing but the standard library.

Usage: get-uv.py DIRECTORY   puts the program `uv` there. PIP_INDEX_URL names another index.
"""

import hashlib
import io
import json
import os
import platform
import sys
import urllib.request
import zipfile
from pathlib import Path

VERSION = "0.13.9"
WHEELS = {
    "x86_64": (
        "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    "aarch64": (
        "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
}


def wheel_address(index: str, name: str) -> str:
    """Where the index keeps that file."""
    page = urllib.request.Request(f"{index.rstrip('/')}/uv/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(page, timeout=60) as answer:
        files = json.load(answer)["files"]
    return next(str(file["url"]) for file in files if file["filename"] == name)


def main() -> int:
    target = Path(sys.argv[1]) / "uv"
    machine = platform.machine().replace("arm64", "aarch64")
    if machine not in WHEELS:
        print(f"uv: no pinned wheel for {machine}; install uv {VERSION} yourself and put it on PATH", file=sys.stderr)
        return 1
    name, sha256 = WHEELS[machine]
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple")
    with urllib.request.urlopen(wheel_address(index, name), timeout=300) as answer:
        wheel = answer.read()
    found = hashlib.sha256(wheel).hexdigest()
    if found != sha256:
        print(f"uv: {name} has SHA-256 {found}, expected {sha256}; not installed", file=sys.stderr)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(zipfile.ZipFile(io.BytesIO(wheel)).read(f"uv-{VERSION}.data/scripts/uv"))
    target.chmod(0o755)
    print(f"uv {VERSION} in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
