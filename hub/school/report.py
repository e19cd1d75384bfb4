"""An import's findings for people (plain lines, the worst first, repetitions gathered) and for machines (JSON)."""

from typing import Any

import msgspec

from hub.school.difference import Difference
from hub.school.doubts import table_name
from hub.school.problems import Findings, Problem, Severity
from hub.school.row_words import row_line
from wire.text import Text

SHOWN_OF_A_KIND = 5
SHOWN_OF_A_TABLE = 20
_ORDER = {severity: number for number, severity in enumerate(Severity)}
_NAMES = {
    Severity.FATAL: Text("từ chối", "refused"),
    Severity.ERROR: Text("lỗi", "error"),
    Severity.WARNING: Text("cảnh báo", "warning"),
    Severity.NOTE: Text("ghi chú", "note"),
}


def as_json(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "row": problem.row,
        "column": problem.column,
        "severity": problem.severity.value,
        "problem": problem.text.en,
        "problem_vi": problem.text.vi,
    }


def count_lines(counts: dict[str, int]) -> list[str]:
    width = max(map(len, counts), default=0)
    return [f"  {name:<{width}}  {number:>7}" for name, number in counts.items()]


def problem_lines(findings: Findings) -> list[str]:
    """One line a problem; of many with the same file, column and severity the first few, then the rows of the rest."""
    kinds: dict[tuple[Severity, str, str | None], list[Problem]] = {}
    for problem in findings.problems:
        kinds.setdefault((problem.severity, problem.file, problem.column), []).append(problem)
    lines: list[str] = []
    for (severity, file, column), problems in sorted(kinds.items(), key=lambda kind: _ORDER[kind[0][0]]):
        rest = [one for one in problems[SHOWN_OF_A_KIND:] if one.row is not None]
        for problem in [*problems[:SHOWN_OF_A_KIND], *(one for one in problems[SHOWN_OF_A_KIND:] if one.row is None)]:
            where = ":".join(str(part) for part in (file, problem.row, column) if part is not None)
            lines.append(f"  {_NAMES[severity].both()}: {where}: {problem.text.both()}")
        if rest:
            lines.append(f"    … +{len(rest)}: dòng / rows {_spans({one.row for one in rest if one.row is not None})}")
    return lines


def _spans(rows: set[int]) -> str:
    """Every row, neighbours joined: 3, 7-9."""
    spans: list[list[int]] = []
    for row in sorted(rows):
        if spans and row == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], row]
        else:
            spans.append([row])
    return ", ".join("-".join(map(str, span)) for span in spans)


def total_line(findings: Findings) -> str:
    if not sum(findings.counts.values()):
        return "không có vấn đề / no problems"
    parts = (f"{findings.counts[one]} {_NAMES[one].both()}" for one in Severity if findings.counts[one])
    return "; ".join(parts)


def difference_json(difference: Difference) -> dict[str, Any]:
    """For machines; `held`: a person has to decide before it is applied."""
    return {
        "tables": msgspec.to_builtins(difference.tables),
        "pupils": [{"vi": one.vi, "en": one.en} for one in difference.pupils],
        "suspicious": [
            {
                "kind": doubt.kind.value,
                "table": doubt.table,
                "key": doubt.key,
                "holds": doubt.holds,
                "reason": doubt.text.en,
                "reason_vi": doubt.text.vi,
            }
            for doubt in difference.doubts
        ],
        "held": difference.held,
    }


def difference_lines(difference: Difference) -> list[str]:
    """What would change, the reasons to look twice first."""
    lines = [f"  {'!' if doubt.holds else '·'} {doubt.text.both()}" for doubt in difference.doubts]
    for table in difference.tables:
        if not table.added + table.changed + table.ended:
            continue
        counts = f"+{table.added} ~{table.changed} -{table.ended} ={table.unchanged}"
        lines.append(f"  {table_name(table.table).both()}: {counts}")
        lines += [f"    {row_line(table.table, row)}" for row in table.rows[:SHOWN_OF_A_TABLE]]
        rest = len(table.rows) - SHOWN_OF_A_TABLE + table.more
        lines += [f"    … +{rest}"] if rest > 0 else []
    lines += [f"  {one.both()}" for one in difference.pupils]
    return lines or ["  không có gì thay đổi / nothing changes"]
