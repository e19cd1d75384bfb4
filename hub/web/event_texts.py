"""Words of events on a room's page: part of the table in hub.web.texts."""

from wire.text import Text

EVENT_TEXTS: dict[str, Text] = {
    "event.title": Text("Sự kiện gần đây", "Recent events"),
    "event.none": Text("Không có sự kiện nào trong một ngày qua.", "No event in the past day."),
    "event.away": Text("Chưa đọc được sự kiện; sẽ thử lại.", "Events cannot be read now; it is tried again."),
    "event.no_lesson": Text("ngoài tiết học", "outside lessons"),
    "event.lesson": Text("tiết của {c}", "lesson of {c}"),
    "event.persons": Text("{n} lượt nhận diện hoặc quét thẻ trong một ngày qua", "{n} identifications in the past day"),
    "event.contact": Text("Cửa", "Door"),
    "event.contact_open": Text("Cửa mở", "Door opened"),
    "event.contact_closed": Text("Cửa đóng", "Door closed"),
    "event.button": Text("Nút bấm", "Button pressed"),
    "event.alarm": Text("Báo động", "Alarm"),
    "event.alarm_on": Text("Báo động", "Alarm"),
    "event.alarm_off": Text("Hết báo động", "Alarm ended"),
    "event.terminal_alarm": Text("Máy chấm công báo động", "Alarm of a terminal"),
    "event.device_up": Text("Thiết bị hoạt động lại", "Device back"),
    "event.device_down": Text("Thiết bị mất kết nối", "Device away"),
    "event.device_refused": Text("Thiết bị từ chối kết nối", "Device refused the connection"),
    "event.command_result": Text("Kết quả lệnh", "Result of an order"),
    "event.clock_offset": Text("Đồng hồ thiết bị lệch", "Device clock is off"),
    "event.log_read": Text("Đã đọc nhật ký thiết bị", "Device log read"),
    "event.template_count": Text("Số mẫu trong thiết bị", "Templates in the device"),
    "event.joined": Text("Thiết bị vào mạng", "Device joined"),
    "event.other": Text("Sự kiện {k}", "Event {k}"),
}
EVENT_ERRORS: dict[str, Text] = {
    "error.moment": Text(
        "thời điểm phải có dạng 2026-11-24T09:48:00+07:00", "a time is like 2026-11-24T09:48:00+07:00"
    ),
    "error.event_span": Text(
        "khoảng thời gian phải từ 0 đến {days} ngày, from trước to",
        "the time asked for is 0 to {days} days, from before to",
    ),
    "error.after": Text("after phải là giá trị next của trang trước", "after must be `next` of the page before"),
}
