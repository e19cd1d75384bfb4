"""`classhub doctor`: what is wrong with this machine, hub or gateway, and the command that mends it."""

import argparse
import tomllib
from pathlib import Path

import msgspec

from classhub.diagnosis import machine
from classhub.diagnosis.finding import Finding, Level, bad
from wire.settings import SettingsError

_SIGNS = {Level.OK: "✓", Level.NOTE: "·", Level.WARNING: "!", Level.BAD: "✗"}
_USUAL = ("hub.toml", "edge.toml")
_FREE_MB = 200.0
_TLS = "classhub tls init --help"
# A hub's files that a command of ours makes; a hub.toml names them before they are there.
_MADE_BY = {
    "influxdb.token_file": "classhub store setup --config {}",
    "broker.password_file": "classhub broker config --help",
    "broker.admin_password_file": "classhub broker config --help",
    "broker.ca_file": _TLS,
    "web.cert_file": _TLS,
    "web.key_file": _TLS,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, help="hub.toml hoặc / or edge.toml (mặc định / default: ./hub.toml, ./edge.toml)"
    )
    parser.add_argument("--json", action="store_true", help="cho chương trình đọc / for programs")


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 where nothing is bad, 1 otherwise: a settings file that is not there is bad too."""
    findings = examine(arguments.config)
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode([_as_object(finding) for finding in findings])).decode())
    else:
        _print(findings)
    return 1 if any(finding.level is Level.BAD for finding in findings) else 0


def examine(config: Path | None) -> list[Finding]:
    """The machine, and the settings file named or those that lie here."""
    findings = [*machine.check_versions(), *machine.check_clock()]
    paths = [config] if config is not None else [Path(name) for name in _USUAL if Path(name).is_file()]
    if not paths:
        findings += machine.check_disk(Path.cwd(), _FREE_MB)
    for path in paths:
        findings += _examine_file(path)
    return [*findings, *machine.check_serial_ports(), *machine.check_camera()]


def _examine_file(path: Path) -> list[Finding]:
    """A file with `[gateway]` is a gateway's, any other a hub's. Neither half is loaded for the other's file."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        return [bad("config", f"{path}: {broken}", f"{path}: {broken}")]
    try:
        if "gateway" in tables:
            from classhub.diagnosis.gateway import check_gateway

            return check_gateway(path)
        from classhub.diagnosis.hub import check_hub

        return check_hub(path)
    except SettingsError as wrong:
        where = f"{wrong.source}: {wrong.key}: " if wrong.key else f"{wrong.source}: "
        mend = _MADE_BY.get(wrong.key, "").format(path)
        return [bad("config", where + wrong.text.vi, where + wrong.text.en, mend)]
    except ModuleNotFoundError as missing:
        extra = "edge" if "gateway" in tables else "hub"
        vi, en = f"thiếu gói {missing.name}", f"missing package {missing.name}"
        return [bad("versions", vi, en, f"pip install 'classhub[{extra}]'")]


def _as_object(finding: Finding) -> dict[str, str]:
    text = finding.text
    return {"area": finding.area, "level": finding.level, "vi": text.vi, "en": text.en, "mend": finding.mend}


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        print(f"{_SIGNS[finding.level]} {finding.area:<9} {finding.text.vi}")
        if finding.text.en != finding.text.vi:
            print(f"  {'':<9} {finding.text.en}")
        if finding.mend:
            print(f"  {'':<9} → {finding.mend}")
    wrong = sum(finding.level is Level.BAD for finding in findings)
    weak = sum(finding.level is Level.WARNING for finding in findings)
    print(f"\n{wrong} lỗi, {weak} cảnh báo / {wrong} to mend, {weak} to watch")
