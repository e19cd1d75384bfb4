"""Results as a table for people, with the machine they were measured on."""

import platform
import sys
from collections.abc import Sequence
from pathlib import Path


def machine() -> str:
    """Processor, cores, memory, system: what a figure is worth nothing without."""
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    names = [line.split(":", 1)[1].strip() for line in facts.splitlines() if line.startswith("model name")]
    cores = len(names) or 1
    name = names[0] if names else platform.machine()
    return f"{cores} x {name}, {platform.system()} {platform.release()}, Python {sys.version.split()[0]}"


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """One Markdown table, ready for docs/benchmarks.md."""
    print(f"\n### {title}\n{machine()}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
