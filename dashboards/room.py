"""Room, for whoever is responsible for it: every value with its age, beside the lessons and what runs."""

from dashboards import frame, gateway_queries, looks, queries, room_queries, sql
from dashboards.language import Say
from dashboards.model import GREEN, RED, YELLOW, flux
from dashboards.model import sql as sql_target
from dashboards.panels import Look, Panel, lines, stat, strip, table
from dashboards.units import PER_HOUR, SECONDS
from wire.quantities import QUANTITIES

_NEWEST = ("co2_ppm", "temperature_c", "humidity_pct", "noise_dba", "illuminance_lx")
_DUST = ("pm1_ugm3", "pm25_ugm3", "pm10_ugm3")
_STATES = ("occupancy", "contact_open", "switch_on", "display_on", "water_leak", "smoke")


def page(say: Say) -> frame.Page:
    return frame.Page(
        key="room",
        title=say("Phòng", "Room"),
        description=say(
            "Một phòng: trị số mới nhất, diễn biến, tiết học và thiết bị. Ô “Tuổi” cho biết số liệu cũ bao lâu.",
            "One room: newest values, their course, lessons and devices. “Age” says how old the data are.",
        ),
        variables=(
            frame.school(say),
            frame.building(say),
            frame.one_room(say),
            frame.ROOM_NAMES,
            frame.DEVICE_NAMES,
            frame.CO2_LIMITS,
            *frame.deployment(),
        ),
        annotations=(frame.lessons(say, shown=True), frame.alerts(say)),
        rows=(
            frame.Row(say("Lúc này", "Now"), _figures(say)),
            frame.Row(say("Tiết học và người", "Lessons and people"), _use(say)),
            frame.Row(say("Không khí", "Air"), _air(say)),
            frame.Row(say("Thiết bị", "Devices"), _devices(say)),
        ),
        begin="now-24h",
    )


def _figures(say: Say) -> tuple[Panel, ...]:
    age = stat(
        say,
        say("Tuổi số liệu", "Age of the data"),
        say(
            "Từ lần đo mới nhất của phòng đến lúc này; đỏ từ 15 phút.",
            "Since the room's newest reading; red from 15 minutes.",
        ),
        flux(queries.age_s()),
        Look(SECONDS, 0, GREEN, looks.AGE_STEPS),
    )
    shown = [_newest(quantity, say) for quantity in _NEWEST]
    people = stat(
        say,
        say("Số người ước tính", "People, estimated"),
        say(
            "Ước lượng của hub; trống nếu 15 phút nay không có.",
            "The hub's estimate; empty where there is none for 15 minutes.",
        ),
        flux(room_queries.newest_derived("people")),
        Look(base="text"),
    )
    changes = stat(
        say,
        say("Số lần thay khí", "Air changes"),
        say("Lần mỗi giờ, ước lượng từ CO₂; dưới 3 là kém.", "Per hour, estimated from CO₂; below 3 is poor."),
        flux(room_queries.newest_derived("air_changes_per_h")),
        Look(PER_HOUR, 1, RED, ((1.5, YELLOW), (3.0, GREEN))),
    )
    return (age, *shown, people, changes)


def _newest(quantity: str, say: Say) -> Panel:
    return stat(
        say,
        say.text(QUANTITIES[quantity].meaning),
        say("Trị số mới nhất trong khoảng đang xem; xem ô “Tuổi”.", "Newest value of the range shown; see “Age”."),
        flux(queries.newest(quantity)),
        looks.look(quantity),
    )


def _use(say: Say) -> tuple[Panel, ...]:
    return (
        strip(
            say,
            say("Tiết học", "Lessons"),
            say(
                "Theo thời khóa biểu có hiệu lực lúc đó; không có tên người.",
                "As the timetable then had it; no names of people.",
            ),
            sql_target(sql.lesson_strip(say)),
            {},
            (24, 4),
        ),
        strip(
            say,
            say("Tình trạng", "Status"),
            say("Hub suy ra từng phút từ cảm biến và thời khóa biểu.", "Found by the hub, minute by minute."),
            flux(room_queries.status_strip()),
            room_queries.status_words(say),
            (24, 4),
        ),
        lines(
            say,
            say("Số người ước tính", "People, estimated"),
            say(
                "Trung bình các ước lượng từng phút; chỗ đứt là chưa rõ.",
                "Mean of the minutes' estimates; a gap is not known.",
            ),
            [flux(room_queries.derived("people"))],
            Look(minimum=0.0),
            (12, 7),
        ),
        lines(
            say,
            say("Số lần thay khí mỗi giờ", "Air changes per hour"),
            say("Ước lượng từ CO₂ khi có thể.", "Estimated from CO₂ where that is possible."),
            [flux(room_queries.derived("air_changes_per_h"))],
            Look(PER_HOUR, 1, minimum=0.0),
            (12, 7),
        ),
    )


def _air(say: Say) -> tuple[Panel, ...]:
    limit = say("Giới hạn của phòng", "Limit of the room")
    co2 = lines(
        say,
        "CO₂",
        say("Đứt nét đỏ là giới hạn của chính phòng này.", "The dashed red line is this room's own limit."),
        [flux(queries.gauge("co2_ppm", queries.DEVICE_NAME, limit=limit))],
        looks.look("co2_ppm", coloured=False),
        (12, 8),
        limit=limit,
    )
    dust = lines(
        say,
        say("Bụi mịn", "Fine dust"),
        say("PM1, PM2,5, PM10; đứt nét 15 và 50 µg/m³ (PM2,5).", "PM1, PM2.5, PM10; dashed 15 and 50 µg/m³ (PM2.5)."),
        [flux(queries.several_gauges(_DUST, say))],
        looks.look("pm25_ugm3"),
    )
    return (co2, *(_course(quantity, say) for quantity in _NEWEST[1:]), dust)


def _course(quantity: str, say: Say) -> Panel:
    return lines(
        say,
        say.text(QUANTITIES[quantity].meaning),
        say("Trung bình theo thiết bị; chỗ đứt là không có số liệu.", "Mean, a line a device; a gap is no data."),
        [flux(queries.gauge(quantity, queries.DEVICE_NAME))],
        looks.look(quantity),
    )


def _devices(say: Say) -> tuple[Panel, ...]:
    words = {"0": (say("không", "no"), "#8e8e8e"), "1": (say("có", "yes"), "green")}
    return (
        strip(
            say,
            say("Bật, mở, chuyển động", "On, open, motion"),
            say("Trạng thái 0/1 của từng thiết bị như đã báo.", "The 0/1 states of each device as reported."),
            flux(queries.states(_STATES)),
            words,
            (12, 9),
        ),
        table(
            say,
            say("Thiết bị trong phòng", "Devices in the room"),
            say(
                "Im lặng: phút từ số liệu gần nhất trong 7 ngày.", "Silent: minutes since the last data within 7 days."
            ),
            [sql_target(sql.devices_of_room(say)), flux(gateway_queries.devices_seen(say, queries.IN_ROOMS), "B")],
            (12, 9),
            join=say("Mã", "Id"),
        ),
    )
