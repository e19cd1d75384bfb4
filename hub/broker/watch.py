"""Watches over a Mosquitto the hub does not run: its refusals from its log, and that it keeps out whom we keep out.

Both in a thread of their own: a broker or a disk that answers slowly delays nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.broker.dynsec_client import BrokerAdminError, DynsecClient, admin_address
from hub.broker.log_file import LogFile
from hub.broker.refusals import LogReader, Refusals, said_at_ms
from hub.broker.users import may_come
from hub.config import BrokerSection
from hub.notice import Notice
from hub.registry.registry import Registry
from wire.settings import SettingsError
from wire.text import Text
from wire.topics import user_name

_log = logging.getLogger(__name__)
LOOK_S, SAVE_EVERY = 1.0, 10
RETRY_S = 30.0
AGAIN_S = 600.0  # told again unchanged: a broker put back from a backup knows whom we had shut out since
BLOCKS_A_LOOK = 20  # megabytes; more waits for the next look
SHOWN_GATEWAYS = 20


class BrokerWatch:
    """`run` until cancelled; the rest may be asked at any time."""

    def __init__(
        self,
        *,
        section: BrokerSection,
        data_dir: Path,
        engine: Engine,
        registry: Registry,
        now_ms: Callable[[], int],
        again_s: float = AGAIN_S,
    ) -> None:
        self._section, self._engine, self._registry, self._now_ms = section, engine, registry, now_ms
        place = data_dir / "broker-log.json"
        self._file = None if section.log_file is None else LogFile(Path(section.log_file), place)
        self._reader, self.refusals = LogReader(), Refusals()
        self._told: dict[str, Text] = {}
        self._told_version: int | None = None
        self._admin_problem: Text | None = None
        self._again_s, self._again_at, self._retry_at = again_s, 0.0, 0.0

    async def run(self) -> None:
        loop, turn = asyncio.get_running_loop(), 0
        try:
            while True:
                try:
                    await asyncio.to_thread(self._look, save=turn % SAVE_EVERY == 0)
                    due = self._registry.version != self._told_version or loop.time() >= self._again_at
                    if due and loop.time() >= self._retry_at:
                        await asyncio.to_thread(self._tell)
                        self._again_at = loop.time() + self._again_s
                        self._retry_at = loop.time() + (RETRY_S if self._admin_problem else 0.0)
                except Exception:  # noqa: BLE001  # supervisor: a fault in here must not end the hub
                    _log.exception("watching the broker failed; it goes on")
                turn += 1
                await asyncio.sleep(LOOK_S)
        finally:
            if self._file is not None:
                self._file.close()

    def figures(self) -> dict[str, float]:
        return self.refusals.figures()

    def problems(self) -> list[Notice]:
        found = []
        if self._admin_problem is not None:
            found.append(Notice("broker.admin", self._admin_problem))
        if self._file is not None and self._file.problem:
            found.append(_unreadable(self._file))
        return found + [_refused(name, said) for name, said in list(self._told.items())[-SHOWN_GATEWAYS:]]

    def said_of(self, school: str, gateway: str) -> list[Text]:
        """What was refused to a gateway lately, for its own line on the page."""
        said = self._told.get(user_name(school, gateway))
        return [] if said is None else [Text(f"Máy chủ MQTT từ chối: {said.vi}", f"The MQTT broker refused: {said.en}")]

    # ---- in a thread ----

    def _look(self, *, save: bool) -> None:
        """Read what the log has grown by."""
        if self._file is None:
            return
        for _ in range(BLOCKS_A_LOOK):
            lines = self._file.lines()
            if not lines:
                self._file.trim()
                break
            now_ms = self._now_ms()
            for line in lines:
                for refused in self._reader.read(line):
                    self.refusals.add(refused, said_at_ms(line, now_ms))
        self._told = self.refusals.gateways(self._now_ms())
        if save:
            self._file.save()

    def _tell(self) -> None:
        """Keep out at the broker whom the registry keeps out, and let in whom it lets in, whoever changed it."""
        version = self._registry.version
        try:
            address = admin_address(self._section)
            if address is not None:
                judged = may_come(self._engine)
                with DynsecClient(address) as broker:
                    _follow(broker, judged)
        except (BrokerAdminError, SettingsError) as failed:
            if self._admin_problem is None:
                _log.warning("%s", failed)
            self._admin_problem = _not_told(failed.text)
        except SQLAlchemyError as failed:
            _log.warning("the gateways were not read: %s", failed)
            self._admin_problem = _not_told(Text("không đọc được sổ đăng ký", "the registry cannot be read"))
        else:
            self._told_version, self._admin_problem = version, None


def _follow(broker: DynsecClient, judged: dict[str, bool]) -> None:
    """Clients nobody judged (hubs, administrators, gateways somebody made by hand) are left alone."""
    for name, disabled in broker.disabled().items():
        if judged.get(name, not disabled) == disabled:
            school, _, gateway = name.partition(".")
            broker.switch_gateway(school, gateway, on=disabled)
            _log.info("%s: %s at the broker", name, "let in" if disabled else "kept out")


def _not_told(why: Text) -> Text:
    return Text(
        f"Máy chủ MQTT chưa biết thay đổi về cổng, sẽ tự thử lại: {why.vi}",
        f"The MQTT broker has not been told of changed gateways; it is tried again: {why.en}",
    )


def _unreadable(file: LogFile) -> Notice:
    text = Text(
        f"Nhật ký máy chủ MQTT {file.path} không dùng được ({file.problem}): có thể không thấy được ai bị từ chối;"
        " kiểm tra broker.log_file, quyền đọc và ghi",
        f"The MQTT broker's log {file.path} cannot be used ({file.problem}): refusals may not be seen;"
        " look at broker.log_file and the right to read and write it",
    )
    return Notice("broker.log", text)


def _refused(name: str, said: Text) -> Notice:
    school, _, _ = name.partition(".")
    who = Text(f"cổng {name}", f"gateway {name}") if name else Text("máy lạ", "unknown machines")
    text = Text(
        f"Máy chủ MQTT từ chối {who.vi}: {said.vi}; nếu là cổng của trường: kiểm tra, rồi classhub gateway rotate",
        f"The MQTT broker refuses {who.en}: {said.en}; if it is one of yours, look at it, then classhub gateway rotate",
    )
    return Notice("broker.refused", text, school=school or None, subject=name)
