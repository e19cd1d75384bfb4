"""A gateway as pages show it: its own report beside what the hub counted, and what is wrong in words. Pure."""

from hub.ingest.contact import Contact
from hub.ingest.epochs import sum_accounts
from hub.live.views import GatewayView, StreamAccount
from hub.registry.model import Gateway, GatewayStatus
from hub.stores.series import GatewayMinute
from wire.messages import AckStatus, ClockState, GatewayState, StreamReport
from wire.text import Text

SILENT_MS = 100_000  # three heartbeats and a little: without them it is offline, whatever its last word was
SKEW_WORTH_TELLING_MS = 60_000
NOTHING: StreamAccount = sum_accounts([])
ACCOUNTED = ("expected", "received", "duplicate", "late", "lost", "overwritten", "quarantined", "outstanding")
REPORTED = ("outbox_rows", "outbox_bytes", "set_aside", "flash_bytes", "flash_bytes_per_day")
UNKNOWN = GatewayState(v=1, online=False, boot="")


def view_of(gateway: Gateway, contact: Contact | None, now_ms: int, *, alternating: bool) -> GatewayView:
    """The view of a registered or pending gateway; without a contact it was never heard in this run of the hub."""
    state = UNKNOWN if contact is None or contact.state is None else contact.state
    heard = contact is not None and contact.last_seen_ms is not None
    silent = not heard or now_ms - ((contact and contact.last_seen_ms) or 0) > SILENT_MS
    online = contact is not None and contact.online and not silent
    lost_sight = contact is not None and contact.online and silent
    skew = None if contact is None else contact.skew.newest_ms
    return GatewayView(
        school=gateway.school,
        gateway=gateway.id,
        name=gateway.name,
        status=gateway.status.value,
        online=online,
        last_seen_ms=contact.last_seen_ms if contact else None,
        since_ms=(contact.last_seen_ms if lost_sight else contact.since_ms) if contact else None,
        clock=state.clock.value,
        clock_skew_ms=skew,
        outbox_rows=_sum(state, "rows"),
        outbox_bytes=_sum(state, "bytes"),
        flash_bytes=state.flash_bytes,
        flash_bytes_per_day=state.flash_bytes_per_day,
        set_aside=state.set_aside,
        software=state.software,
        two_machines=alternating,
        tele=contact.tele.ledgers.account() if contact else NOTHING,
        event=contact.event.ledgers.account() if contact else NOTHING,
        problems=tuple(_problems(gateway, contact, state, alternating=alternating)),
    )


def health_of(view: GatewayView, t_ms: int) -> GatewayMinute:
    """Its account and its own report as figures over time; what is not known is left out, not zero."""
    streams = (view.tele, view.event)
    figures = {name: float(sum(getattr(stream, name) for stream in streams)) for name in ACCOUNTED}
    figures["dropped"] = float(sum(sum(stream.dropped.values()) for stream in streams))
    if view.last_seen_ms is not None:
        figures |= {name: float(getattr(view, name)) for name in REPORTED}
        if view.clock_skew_ms is not None:
            figures["clock_skew_ms"] = float(view.clock_skew_ms)
    return GatewayMinute(view.school, view.gateway, t_ms, view.online, figures)


def _sum(state: GatewayState, name: str) -> int:
    reports: list[StreamReport | None] = [state.tele, state.event]
    return sum(int(getattr(report, name)) for report in reports if report is not None)


def _problems(gateway: Gateway, contact: Contact | None, state: GatewayState, *, alternating: bool) -> list[Text]:
    problems: list[Text] = []
    if alternating:
        problems.append(
            Text(
                "Hai máy đang dùng chung một tên cổng: hãy đặt tên khác cho một máy",
                "Two machines use this gateway's name: give one of them another name",
            )
        )
    if contact is None or gateway.status is not GatewayStatus.ACCEPTED:
        return problems
    if AckStatus.UNSUPPORTED in {contact.tele.status, contact.event.status}:
        problems.append(
            Text(
                "Cổng chạy phiên bản mới hơn trung tâm: hãy cập nhật trung tâm",
                "The gateway is newer than the hub: update the hub",
            )
        )
    skew = contact.skew.newest_ms
    if skew is not None and abs(skew) > SKEW_WORTH_TELLING_MS:
        problems.append(
            Text(
                f"Đồng hồ của cổng lệch {round(abs(skew) / 1000)} giây; thời gian đã được hiệu chỉnh",
                f"The gateway's clock is {round(abs(skew) / 1000)} s off; times are corrected",
            )
        )
    if contact.online and state.clock is ClockState.UNKNOWN:
        problems.append(Text("Cổng chưa biết giờ đúng", "The gateway does not know the time yet"))
    if state.set_aside:
        problems.append(
            Text(
                f"{state.set_aside} bản ghi bị để riêng tại cổng",
                f"{state.set_aside} rows were set aside at the gateway",
            )
        )
    problems += [
        Text(
            f"{source.name}: {source.problem_vi or 'không hoạt động'}",
            f"{source.name}: {source.problem_en or 'does not work'}",
        )
        for source in state.sources
        if not source.up
    ]
    return problems
