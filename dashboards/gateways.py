"""Gateways and data quality, for the person who keeps the machines: what came, what was lost, whose clock is wrong."""

from dashboards import frame, gateway_queries, looks, sql
from dashboards.language import Say
from dashboards.model import GREEN, ORANGE, RED, YELLOW, flux
from dashboards.model import sql as sql_target
from dashboards.panels import Highlight, Look, Panel, lines, ranking, stat, strip, table
from dashboards.units import BYTES, MILLISECONDS, PERCENT, grafana_unit

_ROWS = Look(minimum=0.0)
_NONE_IS_GOOD = Look(steps=((1.0, RED),))


def page(say: Say) -> frame.Page:
    return frame.Page(
        key="gateways",
        title=say("Cổng và chất lượng dữ liệu", "Gateways and data quality"),
        description=say(
            "Hub đếm từng hàng: mong đợi, đã nhận, đến muộn, mất, bỏ, lặp. Số đếm cộng dồn; đồ thị là phần tăng thêm.",
            "The hub accounts for every row: expected, received, late, lost, dropped, duplicate. Graphs show growth.",
        ),
        variables=(frame.school(say), frame.DEVICE_NAMES, frame.GATEWAY_NAMES, *frame.deployment()),
        annotations=(frame.alerts(say),),
        rows=(
            frame.Row(say("Tóm tắt", "In short"), _figures(say)),
            frame.Row(say("Các cổng", "Gateways"), (_gateways(say), _online(say))),
            frame.Row(say("Mất, muộn, lặp", "Loss, lateness, duplicates"), _losses(say)),
            frame.Row(say("Đồng hồ, hộp gửi, thẻ nhớ", "Clock, outbox, flash"), _machine(say)),
            frame.Row(say("Thiết bị", "Devices"), _devices(say)),
        ),
        begin="now-24h",
    )


def _figures(say: Say) -> tuple[Panel, ...]:
    figures = (
        ("received", say("Đã nhận (hàng)", "Received (rows)"), Look(base="text")),
        ("lost", say("Mất (hàng)", "Lost (rows)"), _NONE_IS_GOOD),
        ("dropped", say("Bỏ tại cổng (hàng)", "Dropped at gateways (rows)"), _NONE_IS_GOOD),
        ("duplicate", say("Gửi lặp (hàng)", "Duplicates (rows)"), Look(base="text")),
        ("quarantined", say("Cách ly (hàng)", "Quarantined (rows)"), Look(steps=((1.0, ORANGE),))),
    )
    meaning = say(
        "Tăng thêm trong khoảng đang xem, mọi cổng của trường.",
        "Growth in the range shown, all gateways of the school.",
    )
    counted = [
        stat(say, title, meaning, flux(gateway_queries.counted_in_range(field)), look, (4, 4))
        for field, title, look in figures
    ]
    offline = stat(
        say,
        say("Cổng mất liên lạc", "Gateways offline"),
        say(
            "Không trực tuyến ở phút mới nhất, hoặc 15 phút nay không có tin.",
            "Not online at the newest minute, or unheard of for 15 minutes.",
        ),
        flux(gateway_queries.offline_now()),
        _NONE_IS_GOOD,
        (4, 4),
    )
    return (offline, *counted)


def _gateways(say: Say) -> Panel:
    age, skew = say("Tuổi số liệu (phút)", "Age of data (min)"), say("Lệch giờ (ms)", "Clock offset (ms)")
    online, lost = say("Trực tuyến", "Online"), say("Mất (hàng)", "Lost (rows)")
    return table(
        say,
        say("Sổ của từng cổng", "Each gateway's account"),
        say(
            "Số đếm từ khi hub biết cổng; tuổi là phút từ lần ghi gần nhất (đỏ từ 15 phút).",
            "Counted since the hub knows the gateway; age is minutes since its last entry (red from 15).",
        ),
        [flux(gateway_queries.gateways_now(say))],
        (24, 8),
        order=[say("Cổng", "Gateway"), online, age, say("Đã nhận (hàng)", "Received (rows)"), lost],
        highlights=[
            Highlight(online, RED, ((1.0, GREEN),)),
            Highlight(age, GREEN, looks.AGE_MIN_STEPS),
            Highlight(lost, "transparent", ((1.0, RED),)),
            Highlight(skew, ORANGE, ((-2_000.0, "transparent"), (2_000.0, ORANGE), (60_000.0, RED))),
        ],
    )


def _online(say: Say) -> Panel:
    words = {"0": (say("mất liên lạc", "offline"), "red"), "1": (say("trực tuyến", "online"), "green")}
    return strip(
        say,
        say("Trực tuyến", "Online"),
        say("Từng phút; chỗ trống là hub không ghi.", "Minute by minute; empty where the hub wrote nothing."),
        flux(gateway_queries.figure("online")),
        words,
        (24, 6),
    )


def _losses(say: Say) -> tuple[Panel, ...]:
    meaning = say("Phần tăng thêm mỗi cột, chồng theo cổng.", "Growth in each bar, gateways on top of each other.")
    charts = (
        ("received", say("Đã nhận (hàng)", "Received (rows)"), (12, 7)),
        ("late", say("Đến muộn hơn 60 giây (hàng)", "More than 60 s late (rows)"), (12, 7)),
        ("lost", say("Mất (hàng)", "Lost (rows)"), (8, 7)),
        ("duplicate", say("Gửi lặp (hàng)", "Duplicates (rows)"), (8, 7)),
        ("overwritten", say("Bị ghi đè (hàng)", "Overwritten (rows)"), (8, 7)),
    )
    counted = [
        lines(say, title, meaning, [flux(gateway_queries.counted(field))], _ROWS, size, bars=True)
        for field, title, size in charts
    ]
    share = stat(
        say,
        say("Tỉ lệ đến muộn", "Share late"),
        say(
            "Phần hàng đến muộn hơn 60 giây trong khoảng đang xem.",
            "Share of rows more than 60 s late in the range shown.",
        ),
        flux(gateway_queries.late_share()),
        Look(PERCENT, 1, steps=((5.0, YELLOW), (25.0, ORANGE))),
        (24, 3),
    )
    return (*counted, share)


def _machine(say: Say) -> tuple[Panel, ...]:
    return (
        lines(
            say,
            say("Lệch giờ so với hub", "Clock offset from the hub"),
            say(
                "Đồng hồ cổng trừ đồng hồ hub; trên 60 s hub tự sửa thời gian.",
                "The gateway's clock minus the hub's; above 60 s the hub corrects times.",
            ),
            [flux(gateway_queries.figure("clock_skew_ms"))],
            Look(MILLISECONDS, 0),
        ),
        lines(
            say,
            say("Hàng chờ trong hộp gửi", "Rows waiting in the outbox"),
            say(
                "Chưa được hub xác nhận; tăng mãi nghĩa là đường truyền hỏng.",
                "Not acknowledged yet; growing without end means the uplink is broken.",
            ),
            [flux(gateway_queries.figure("outbox_rows"))],
            _ROWS,
        ),
        lines(
            say,
            say("Ghi thẻ nhớ mỗi ngày", "Flash written a day"),
            say(
                "Do cổng tự đo; đứt nét 500 MB là mức thiết kế.",
                "As the gateway measures it; dashed 500 MB is the design's limit.",
            ),
            [flux(gateway_queries.figure("flash_bytes_per_day"))],
            Look(BYTES, 1, GREEN, ((500e6, RED),), minimum=0.0),
        ),
        lines(
            say,
            say("Dung lượng hộp gửi", "Size of the outbox"),
            say("Trên đĩa của cổng.", "On the gateway's disk."),
            [flux(gateway_queries.figure("outbox_bytes"))],
            Look(BYTES, 1, minimum=0.0),
        ),
    )


def _devices(say: Say) -> tuple[Panel, ...]:
    silent = say("Im lặng (phút)", "Silent for (min)")
    weakest = say("Yếu nhất trước; trị số mới nhất trong 7 ngày.", "Weakest first; newest value within 7 days.")
    return (
        table(
            say,
            say("Thiết bị và lần cuối nghe thấy", "Devices and when they were heard last"),
            say(
                "Đỏ: im lặng từ 15 phút. Trống: 7 ngày nay không có gì.",
                "Red: silent for 15 minutes. Empty: nothing for 7 days.",
            ),
            [sql_target(sql.devices_of_school(say)), flux(gateway_queries.devices_seen(say), "B")],
            (24, 10),
            join=say("Mã", "Id"),
            highlights=[Highlight(silent, "transparent", looks.AGE_MIN_STEPS)],
        ),
        ranking(
            say,
            say("Pin", "Battery"),
            weakest,
            flux(gateway_queries.link_figures("battery_pct")),
            looks.look("battery_pct"),
            (8, 9),
        ),
        ranking(
            say,
            say("Chất lượng kết nối", "Link quality"),
            weakest,
            flux(gateway_queries.link_figures("link_quality")),
            looks.look("link_quality"),
            (8, 9),
        ),
        ranking(
            say,
            say("Cường độ sóng", "Signal strength"),
            weakest,
            flux(gateway_queries.link_figures("rssi_dbm")),
            Look(grafana_unit("rssi_dbm"), 0, RED, ((-90.0, ORANGE), (-75.0, GREEN))),
            (8, 9),
        ),
    )
