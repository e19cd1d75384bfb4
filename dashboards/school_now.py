"""School now, for the manager: what is wrong in my school this minute, and can I trust the figure?"""

from dashboards import frame, gateway_queries, looks, queries, room_queries, sql
from dashboards.language import Say
from dashboards.model import GREEN, ORANGE, RED, YELLOW, flux
from dashboards.model import sql as sql_target
from dashboards.panels import Highlight, Look, Panel, lines, stat, strip, table
from dashboards.units import PERCENT, heading

_SHOWN = ("co2_ppm", "temperature_c", "humidity_pct", "noise_dba", "illuminance_lx")
_NOUGHT_IS_GOOD = Look(steps=((1.0, RED),))


def page(say: Say) -> frame.Page:
    return frame.Page(
        key="school-now",
        title=say("Trường lúc này", "School now"),
        description=say(
            "Mỗi phòng đang thế nào. Số liệu cũ hơn 15 phút không được coi là hiện tại; cột tuổi cho biết số mới nhất.",
            "What every room is doing. Values older than 15 minutes are not shown as the present; see the age column.",
        ),
        variables=(
            frame.school(say),
            frame.building(say),
            frame.rooms(say),
            frame.ROOM_NAMES,
            frame.GATEWAY_NAMES,
            frame.CO2_LIMITS,
            frame.EXPECTED_ROOMS,
            *frame.deployment(),
        ),
        annotations=(frame.alerts(say),),
        rows=(
            frame.Row(say("Tóm tắt", "In short"), _figures(say)),
            frame.Row(say("Các phòng", "Rooms"), (_rooms(say), _statuses(say))),
            frame.Row(say("Không khí và cảnh báo", "Air and alerts"), (_co2(say), _alerts(say))),
        ),
        begin="now-6h",
        refresh="30s",
    )


def _figures(say: Say) -> tuple[Panel, ...]:
    return (*_room_figures(say), *_data_figures(say))


def _room_figures(say: Say) -> tuple[Panel, ...]:
    occupied = room_queries.rooms_with_status("in_lesson", "occupied_unscheduled")
    return (
        stat(
            say,
            say("Phòng có người", "Rooms in use"),
            say("Phòng hub tin là có người, 15 phút gần đây.", "Rooms the hub believes are occupied, last 15 minutes."),
            flux(occupied),
            Look(),
        ),
        stat(
            say,
            say("Số người ước tính", "People, estimated"),
            say("Tổng ước lượng của các phòng; không phải điểm danh.", "Sum of the rooms' estimates; no attendance."),
            flux(room_queries.people_now()),
            Look(base="text"),
        ),
        stat(
            say,
            say("Có tiết mà trống", "Lesson, but empty"),
            say("Phòng có tiết theo thời khóa biểu mà không có ai.", "Rooms with a lesson planned and nobody there."),
            flux(room_queries.rooms_with_status("lesson_but_empty")),
            Look(steps=((1.0, YELLOW), (3.0, ORANGE))),
        ),
        stat(
            say,
            say("Vượt giới hạn CO₂", "Over CO₂ limit"),
            say("Phòng có CO₂ cao hơn giới hạn của chính phòng đó.", "Rooms whose CO₂ is above their own limit."),
            flux(room_queries.rooms_over_limit()),
            _NOUGHT_IS_GOOD,
        ),
    )


def _data_figures(say: Say) -> tuple[Panel, ...]:
    return (
        stat(
            say,
            say("Phòng im lặng", "Silent rooms"),
            say(
                "Phòng có gắn thiết bị mà 15 phút nay không gửi gì, dù đã im lặng bao lâu.",
                "Rooms with devices that have said nothing for 15 minutes, however long they have been silent.",
            ),
            flux(room_queries.silent_rooms()),
            _NOUGHT_IS_GOOD,
        ),
        stat(
            say,
            say("Cổng mất liên lạc", "Gateways offline"),
            say("Cổng không trực tuyến ở phút mới nhất.", "Gateways not online at their newest minute."),
            flux(gateway_queries.offline_now()),
            _NOUGHT_IS_GOOD,
        ),
        stat(
            say,
            say("Cảnh báo đang mở", "Open alerts"),
            say("Cảnh báo của trường và của hub chưa đóng.", "Alerts of the school and of the hub not closed yet."),
            sql_target(sql.COUNT_ALERTS),
            _NOUGHT_IS_GOOD,
        ),
        stat(
            say,
            say("Dữ liệu đến muộn", "Late data"),
            say(
                "Phần hàng nhận được muộn hơn 60 giây sau khi đo, trong khoảng thời gian đang xem.",
                "Share of rows received more than 60 s after they were measured, in the range shown.",
            ),
            flux(gateway_queries.late_share()),
            Look(PERCENT, 1, steps=((5.0, YELLOW), (25.0, ORANGE))),
        ),
    )


def _rooms(say: Say) -> Panel:
    identity, age = say("Mã", "Id"), say("Tuổi số liệu (phút)", "Age of data (min)")
    room, lesson, status = say("Phòng", "Room"), say("Tiết đang học", "Lesson now"), say("Tình trạng", "Status")
    values = [heading(quantity, say) for quantity in _SHOWN]
    highlights = [
        Highlight(heading("co2_ppm", say), "transparent", looks.CO2_STEPS),
        Highlight(age, GREEN, looks.AGE_MIN_STEPS),
    ]
    return table(
        say,
        say("Các phòng lúc này", "Rooms now"),
        say(
            "Ô trống: 15 phút nay không có số liệu. Tuổi: phút từ lần đo mới nhất của phòng (đỏ từ 15 phút).",
            "Empty cell: nothing measured for 15 minutes. Age: minutes since the room's newest reading (red from 15).",
        ),
        [
            sql_target(sql.lessons_now(say)),
            flux(room_queries.status_column(say), "B"),
            flux(queries.rooms_now(_SHOWN, say), "C"),
        ],
        (24, 12),
        join=identity,
        order=[room, status, lesson, *values, say("Giới hạn CO₂ (ppm)", "CO₂ limit (ppm)"), age],
        hidden=[],
        highlights=highlights,
        links=(looks.room_link(say, identity, frame.uid("room", say)),),
    )


def _statuses(say: Say) -> Panel:
    return strip(
        say,
        say("Phòng đã được dùng thế nào", "How rooms were used"),
        say(
            "Tình trạng từng phút do hub suy ra từ cảm biến và thời khóa biểu.",
            "Minute by minute, from sensors and timetable.",
        ),
        flux(room_queries.status_strip()),
        room_queries.status_words(say),
        (24, 10),
    )


def _co2(say: Say) -> Panel:
    return lines(
        say,
        say("CO₂ các phòng", "CO₂ of the rooms"),
        say(
            "Trung bình; đứt nét: 800, 1000, 1500 ppm. Chỗ đứt là không có số liệu.",
            "Means; dashed: 800, 1,000, 1,500 ppm. A gap is no data.",
        ),
        [flux(queries.gauge("co2_ppm"))],
        looks.look("co2_ppm"),
        (14, 9),
    )


def _alerts(say: Say) -> Panel:
    return table(
        say,
        say("Cảnh báo đang mở", "Open alerts"),
        say("Nặng nhất và mới nhất trước.", "The gravest and newest first."),
        [sql_target(sql.open_alerts(say))],
        (10, 9),
    )
