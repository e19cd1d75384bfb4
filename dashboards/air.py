"""Air and ventilation, for whoever opens windows and mends fans: which rooms breathe badly in lessons, how badly."""

from dashboards import frame, looks, queries, room_queries, sql
from dashboards.language import Say
from dashboards.model import GREEN, ORANGE, RED, YELLOW, flux
from dashboards.model import sql as sql_target
from dashboards.panels import Highlight, Look, Panel, lines, ranking, strip, table
from dashboards.units import PER_HOUR

_MINUTES = "suffix: min"


def page(say: Say) -> frame.Page:
    return frame.Page(
        key="air",
        title=say("Không khí và thông gió", "Air and ventilation"),
        description=say(
            "CO₂ so với giới hạn của từng phòng, số lần thay khí, bụi; dưới mỗi phòng là dải tiết học.",
            "CO₂ against each room's own limit, air changes, dust; under each room the strip of its lessons.",
        ),
        variables=(
            frame.school(say),
            frame.building(say),
            frame.rooms(say),
            frame.ROOM_NAMES,
            frame.DEVICE_NAMES,
            frame.CO2_LIMITS,
            *frame.deployment(),
        ),
        annotations=(frame.lessons(say, shown=False), frame.alerts(say)),
        rows=(
            frame.Row(say("So sánh các phòng", "Rooms compared"), _compared(say)),
            frame.Row(say("Diễn biến", "Course"), _course(say)),
            frame.Row(say("Phòng $room", "Room $room"), _one_room(say), repeat="room"),
        ),
        begin="now-24h",
        refresh="5m",
    )


def _compared(say: Say) -> tuple[Panel, ...]:
    share = say("Vượt giới hạn (% thời gian)", "Over limit (% of time)")
    mean, highest = say("CO₂ trung bình (ppm)", "Mean CO₂ (ppm)"), say("CO₂ cao nhất (ppm)", "Highest CO₂ (ppm)")
    return (
        table(
            say,
            say("Không khí trong giờ học", "Air during lessons"),
            say(
                "Chỉ tính phút có tiết và có người; giới hạn là của từng phòng. Tệ nhất trước. Trễ 15–30 phút.",
                "Only minutes with a lesson held; the limit is each room's own. Worst first. Up to 15–30 minutes ago.",
            ),
            [flux(room_queries.air_of_lessons(say))],
            (16, 10),
            order=[
                say("Phòng", "Room"),
                share,
                mean,
                highest,
                say("Giới hạn (ppm)", "Limit (ppm)"),
                say("Phút có tiết", "Lesson minutes"),
            ],
            highlights=[
                Highlight(share, GREEN, ((5.0, YELLOW), (20.0, ORANGE), (50.0, RED))),
                Highlight(mean, "transparent", looks.CO2_STEPS),
                Highlight(highest, "transparent", looks.CO2_STEPS),
            ],
        ),
        ranking(
            say,
            say("Số phút vượt giới hạn", "Minutes over the limit"),
            say("Mọi lúc trong khoảng đang xem, có tiết hay không.", "At any time of the range, lesson or not."),
            flux(room_queries.minutes_over_limit()),
            Look(_MINUTES, 0, GREEN, ((20.0, YELLOW), (60.0, ORANGE), (180.0, RED)), minimum=0.0),
            (8, 10),
        ),
    )


def _course(say: Say) -> tuple[Panel, ...]:
    changes = lines(
        say,
        say("Số lần thay khí mỗi giờ", "Air changes per hour"),
        say(
            "Ước lượng từ CO₂ khi có thể; chỗ đứt là chưa rõ.", "Estimated from CO₂ where possible; a gap is not known."
        ),
        [flux(room_queries.derived("air_changes_per_h"))],
        Look(PER_HOUR, 1, minimum=0.0),
    )
    shown = [_gauge(quantity, title, say) for quantity, title in (
        ("co2_ppm", "CO₂"),
        ("pm25_ugm3", say("Bụi PM2,5", "PM2.5")),
        ("temperature_c", say("Nhiệt độ", "Temperature")),
        ("humidity_pct", say("Độ ẩm", "Relative humidity")),
        ("tvoc_ppb", say("Hợp chất hữu cơ bay hơi", "Volatile organic compounds")),
    )]  # fmt: skip
    return (shown[0], changes, *shown[1:])


def _gauge(quantity: str, title: str, say: Say) -> Panel:
    return lines(
        say,
        title,
        say("Trung bình theo phòng; chỗ đứt là không có số liệu.", "Mean of each room; a gap is no data."),
        [flux(queries.gauge(quantity))],
        looks.look(quantity),
        (12, 8) if quantity in {"co2_ppm", "pm25_ugm3", "temperature_c"} else (12, 7),
    )


def _one_room(say: Say) -> tuple[Panel, ...]:
    limit = say("Giới hạn của phòng", "Limit of the room")
    return (
        lines(
            say,
            say("CO₂ phòng $room", "CO₂ of room $room"),
            say("Đứt nét đỏ là giới hạn của chính phòng này.", "The dashed red line is this room's own limit."),
            [flux(queries.gauge("co2_ppm", queries.DEVICE_NAME, limit=limit))],
            looks.look("co2_ppm", coloured=False),
            (24, 7),
            limit=limit,
        ),
        strip(
            say,
            say("Tiết học phòng $room", "Lessons in room $room"),
            say(
                "Theo thời khóa biểu có hiệu lực lúc đó; không có tên người.",
                "As the timetable then had it; no names of people.",
            ),
            sql_target(sql.lesson_strip(say)),
            {},
            (24, 3),
        ),
    )
