"""Energy and displays, for facilities staff: what used how much, what ran with nobody there, which boards complain."""

from dashboards import display_queries, frame, queries, room_queries
from dashboards.language import Say
from dashboards.model import GREEN, ORANGE, YELLOW, flux
from dashboards.panels import Look, Panel, lines, ranking, stat, strip, table
from dashboards.units import decimals, grafana_unit

_ON = ("switch_on", "display_on")
_HOURS = "h"


def page(say: Say) -> frame.Page:
    return frame.Page(
        key="energy",
        title=say("Điện năng và màn hình", "Energy and displays"),
        description=say(
            "Điện tiêu thụ là hiệu số công tơ (công tơ về 0 thì tính tiếp từ 0); giờ bật là tỉ lệ thời gian.",
            "Energy is the difference of registers (one reset counts on from nought); hours on are shares of time.",
        ),
        variables=(
            frame.school(say),
            frame.building(say),
            frame.rooms(say),
            frame.ROOM_NAMES,
            frame.DEVICE_NAMES,
            *frame.deployment(),
        ),
        annotations=(frame.lessons(say, shown=False), frame.alerts(say)),
        rows=(
            frame.Row(say("Tiêu thụ", "Consumption"), _consumption(say)),
            frame.Row(say("Đang bật", "What runs"), _running(say)),
            frame.Row(say("Màn hình và máy chiếu", "Displays and projectors"), _displays(say)),
        ),
        begin="now-24h",
        refresh="5m",
    )


def _consumption(say: Say) -> tuple[Panel, ...]:
    return (*_totals(say), *_courses(say))


def _totals(say: Say) -> tuple[Panel, ...]:
    return (
        stat(
            say,
            say("Công suất lúc này", "Power now"),
            say(
                "Tổng trị số mới nhất, không cũ hơn 15 phút, của các thiết bị.",
                "Sum of the newest values not older than 15 minutes.",
            ),
            flux(display_queries.power_now()),
            Look(grafana_unit("power_w"), 0, "text"),
            (6, 4),
        ),
        stat(
            say,
            say("Điện đã dùng", "Energy used"),
            say(
                "Trong khoảng đang xem, mọi công tơ của các phòng đã chọn.",
                "In the range shown, all meters of the rooms chosen.",
            ),
            flux(display_queries.energy_total()),
            Look(grafana_unit("energy_kwh"), 1, "text"),
            (6, 4),
        ),
        stat(
            say,
            say("Điện dùng khi không có người", "Energy with nobody there"),
            say(
                "Những phút phòng trống hoặc ngoài giờ theo tình trạng hub suy ra; đến trước đây 15–30 phút.",
                "Minutes in which the hub found the room empty or after hours; up to 15–30 minutes ago.",
            ),
            flux(display_queries.energy_while_empty()),
            Look(grafana_unit("energy_kwh"), 1, GREEN, ((1.0, YELLOW), (5.0, ORANGE))),
            (6, 4),
        ),
        stat(
            say,
            say("Thiết bị đang báo lỗi", "Devices with an error"),
            say("Mã lỗi mới nhất trong khoảng đang xem khác rỗng.", "The newest error code of the range is not empty."),
            flux(display_queries.errors_count()),
            Look(steps=((1.0, ORANGE),)),
            (6, 4),
        ),
    )


def _courses(say: Say) -> tuple[Panel, ...]:
    energy = Look(grafana_unit("energy_kwh"), 1, minimum=0.0)
    return (
        ranking(
            say,
            say("Điện theo phòng", "Energy by room"),
            say("Hiệu số công tơ trong khoảng đang xem.", "Difference of the registers in the range shown."),
            flux(queries.consumed("energy_kwh")),
            energy,
            (8, 9),
        ),
        lines(
            say,
            say("Điện mỗi giờ", "Energy by the hour"),
            say("Mỗi cột là một giờ, chồng theo phòng.", "One bar an hour, rooms on top of each other."),
            [flux(queries.consumption("energy_kwh", "1h"))],
            energy,
            (16, 9),
            bars=True,
        ),
        lines(
            say,
            say("Công suất", "Power"),
            say("Trung bình theo thiết bị; chỗ đứt là không có số liệu.", "Mean of each device; a gap is no data."),
            [flux(queries.gauge("power_w", queries.DEVICE_NAME))],
            Look(grafana_unit("power_w"), decimals("power_w")),
            (16, 8),
        ),
        lines(
            say,
            say("Điện áp lưới", "Mains voltage"),
            say(
                "Trung bình theo thiết bị; đứt nét 198 và 242 V (±10 %).",
                "Mean of each device; dashed 198 and 242 V (±10 %).",
            ),
            [flux(queries.gauge("voltage_v", queries.DEVICE_NAME))],
            Look(grafana_unit("voltage_v"), 1, ORANGE, ((198.0, GREEN), (242.0, ORANGE))),
            (8, 8),
        ),
    )


def _running(say: Say) -> tuple[Panel, ...]:
    words = {"0": (say("tắt", "off"), "#5a5a5a"), "1": (say("bật", "on"), "yellow")}
    return (
        strip(
            say,
            say("Đèn, ổ cắm, màn hình", "Lights, sockets, displays"),
            say("Bật hay tắt như thiết bị đã báo.", "On or off as the devices reported."),
            flux(queries.states(_ON)),
            words,
            (16, 12),
        ),
        ranking(
            say,
            say("Số giờ bật", "Hours on"),
            say(
                "Tổng tỉ lệ thời gian bật của từng phút; đến trước đây 15–30 phút.",
                "Each minute's share of time on, added up; up to 15–30 minutes ago.",
            ),
            flux(queries.on_hours(_ON)),
            Look(_HOURS, 1, minimum=0.0),
            (8, 12),
        ),
        strip(
            say,
            say("Tình trạng phòng", "Status of the rooms"),
            say("Để so với những gì đang bật.", "To hold against what was on."),
            flux(room_queries.status_strip()),
            room_queries.status_words(say),
            (24, 9),
        ),
    )


def _displays(say: Say) -> tuple[Panel, ...]:
    return (
        table(
            say,
            say("Màn hình: nguồn, lỗi, giờ đèn", "Displays: input, error, lamp hours"),
            say(
                "Trị số mới nhất trong khoảng đang xem và lúc báo.",
                "Newest values of the range shown, and when they came.",
            ),
            [flux(display_queries.displays(say))],
            (16, 8),
        ),
        ranking(
            say,
            say("Giờ đèn máy chiếu", "Lamp hours"),
            say(
                "Đồng hồ giờ đèn; thay bóng quanh 3.000–5.000 giờ.",
                "The lamp's own counter; lamps last some 3,000–5,000 hours.",
            ),
            flux(display_queries.lamp_hours()),
            Look(grafana_unit("lamp_hours_h"), 0, GREEN, ((3_000.0, YELLOW), (5_000.0, ORANGE)), minimum=0.0),
            (8, 8),
        ),
    )
