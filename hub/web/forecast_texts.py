"""Words of forecasts and of the health of devices: part of the table in hub.web.texts."""

from wire.text import Text

FORECAST_TEXTS: dict[str, Text] = {
    "room.forecast": Text("Dự báo CO₂", "CO₂ forecast"),
    "room.forecast_over": Text("Đang vượt {n} ppm", "Above {n} ppm now"),
    "room.forecast_in": Text("Vượt {n} ppm sau khoảng {m} phút ({a}–{b})", "Above {n} ppm in about {m} min ({a}–{b})"),
    "room.forecast_in_open": Text(
        "Vượt {n} ppm sau khoảng {m} phút (sớm nhất {a})", "Above {n} ppm in about {m} min (at the earliest {a})"
    ),
    "room.forecast_not_before_bell": Text(
        "Nhiều khả năng không vượt {n} ppm trước khi hết tiết (khả năng vượt: {p} %)",
        "Likely stays below {n} ppm until the bell (chance of more: {p} %)",
    ),
    "room.forecast_perhaps_before_bell": Text(
        "Có thể vượt {n} ppm trước khi hết tiết (khả năng: {p} %)", "May pass {n} ppm before the bell (chance: {p} %)"
    ),
    "room.forecast_none": Text(
        "Cứ như hiện nay thì không vượt {n} ppm trong 2 giờ tới", "As things are, below {n} ppm for the next 2 hours"
    ),
    "room.forecast_silent": Text(
        "Không dự báo được: cảm biến CO₂ đang im lặng", "No forecast: the CO₂ sensor is silent"
    ),
    "room.levelling": Text("đang tăng chậm dần nhờ thông gió", "rising, levelling off with the air that comes in"),
    "room.forecast_unknown": Text("Chưa đủ số liệu để dự báo", "Not enough data yet for a forecast"),
    "room.forecast_lesson_end": Text(
        "Cuối tiết: khoảng {n} ppm ({a}–{b})", "At the end of the lesson: about {n} ppm ({a}–{b})"
    ),
    "room.tomorrow": Text("Ngày mai theo giờ", "Tomorrow by the hour"),
    "room.tomorrow_none": Text(
        "Chưa có dự báo: trung tâm tính mỗi đêm", "No forecast yet: the hub makes one every night"
    ),
    "room.tomorrow_short": Text(
        "Chưa đủ lịch sử: mới có {n} trên ít nhất {m} ngày", "Not enough history: {n} of at least {m} days so far"
    ),
    "room.tomorrow_energy_kwh": Text("Điện năng", "Energy"),
    "room.tomorrow_people": Text("Số người", "People"),
    "room.tomorrow_occupied": Text("Phần giờ có người", "Share of the hour in use"),
    "room.tomorrow_hour": Text("{h} giờ: {v} ({a} đến {b})", "{h}:00: {v} ({a} to {b})"),
    "room.tomorrow_peak": Text("Cao nhất lúc {h} giờ: {v}", "Highest at {h}:00: {v}"),
    "room.tomorrow_by_seasonal": Text(
        "Theo cùng thứ và giờ của các tuần trước", "By the same weekday and hour of past weeks"
    ),
    "room.tomorrow_by_timetable": Text("Theo thời khóa biểu", "By the timetable"),
    "room.tomorrow_compared": Text(
        "thử trên {n} ngày: sai số {a} theo tuần, {b} theo thời khóa biểu",
        "tried on {n} days: off by {a} by weeks, {b} by the timetable",
    ),
    "room.tomorrow_good": Text(
        "{n} ngày qua lệch trung bình {e}, {p} % số giờ nằm trong khoảng đã nói",
        "the last {n} days it was off by {e}, {p} % of the hours within the range said",
    ),
    "room.tomorrow_unchecked": Text("chưa có ngày nào để đối chiếu", "no day to check it against yet"),
    "devices.health_since": Text("từ {t}", "since {t}"),
    "devices.health_ends": Text("dự kiến hết {t} ({a} đến {b})", "expected to end {t} ({a} to {b})"),
    "devices.fault_stuck": Text("Đứng yên", "Stuck"),
    "devices.fault_frozen": Text("Không đếm", "Not counting"),
    "devices.fault_drift": Text("Trôi", "Drifted"),
    "devices.fault_apart": Text("Lệch phòng khác", "Unlike its neighbours"),
    "devices.fault_outliers": Text("Nhảy vọt", "Leaps"),
    "devices.lamp": Text("Tuổi thọ đèn", "Lamp life"),
    "devices.lamp_hint": Text(
        "Số giờ nhà sản xuất cho bóng đèn này; để trống thì lấy mức thường gặp. Ngày hết đèn được tính lại mỗi đêm.",
        "Hours the maker gives this lamp; empty takes what is usual. The day it ends is worked out every night.",
    ),
    "devices.lamp_hours": Text("Giờ (100 đến 200\N{NO-BREAK SPACE}000)", "Hours (100 to 200,000)"),
    "devices.fault_lamp_end": Text("Tuổi đèn", "Lamp life"),
    "devices.fault_battery_end": Text("Pin", "Battery"),
}
