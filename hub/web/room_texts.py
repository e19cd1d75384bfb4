"""Words of the page of one room: part of the table in hub.web.texts."""

from wire.text import Text

ROOM_TEXTS: dict[str, Text] = {
    "room.back": Text("Mọi phòng", "All rooms"),
    "room.now": Text("Hiện tại", "Now"),
    "room.since": Text("từ {t}", "since {t}"),
    "room.since_least": Text("ít nhất từ {t}", "at least since {t}"),
    "room.reasons": Text("Vì sao", "Why"),
    "room.lesson_now": Text("Tiết đang học", "Lesson now"),
    "room.lesson_next": Text("Tiết tiếp theo", "Next lesson"),
    "room.no_next": Text("Hôm nay không còn tiết nào.", "No more lessons today."),
    "room.people": Text("Số người (ước tính)", "People (estimate)"),
    "room.ventilation": Text("Thông gió", "Ventilation"),
    "room.ach": Text("lần đổi khí/giờ", "air changes/h"),
    "room.lps": Text("L/s mỗi người", "L/s per person"),
    "room.waste": Text("Bật khi không có người", "Running with nobody there"),
    "room.history": Text("Diễn biến", "History"),
    "room.range": Text("Khoảng thời gian", "Time range"),
    "room.range_3h": Text("3 giờ", "3 h"),
    "room.range_24h": Text("24 giờ", "24 h"),
    "room.range_7d": Text("7 ngày", "7 days"),
    "room.range_30d": Text("30 ngày", "30 days"),
    "room.lessons": Text("Tiết học", "Lessons"),
    "room.limit": Text("giới hạn {n} ppm", "limit {n} ppm"),
    "room.devices": Text("Thiết bị trong phòng", "Devices in this room"),
    "room.no_devices": Text("Chưa gán thiết bị nào cho phòng này.", "No device is assigned to this room yet."),
    "room.chart_empty": Text("Không có số liệu trong khoảng này", "No data in this range"),
    "room.people_empty": Text(
        "Chưa ước tính được phút nào: cần số đo CO₂ trực tiếp từ khi trung tâm chạy",
        "No minute could be estimated yet: this needs live CO₂ readings since the hub began",
    ),
    "room.people_from": Text(
        "ước tính từ {t}; không tính lại cho dữ liệu gửi bù", "estimated from {t}; not worked out for data sent later"
    ),
    "room.chart_error": Text(
        "Không đọc được kho số liệu; số hiện tại vẫn trực tiếp.",
        "The store cannot be read now; present figures stay live.",
    ),
    "room.chart_keys": Text("Dùng phím ← → để đọc từng điểm", "Use ← → to read each point"),
    "room.export": Text("Tải CSV của khoảng này", "Download this range as CSV"),
    "room.maintenance": Text("Bảo trì", "Maintenance"),
    "room.maintenance_hint": Text(
        "Phòng đang sửa được đánh dấu và không bị đánh giá.", "A room being worked on is marked and not judged."
    ),
    "room.maintenance_note": Text("Việc đang làm", "What is being done"),
    "room.maintenance_start": Text("Bắt đầu bảo trì", "Start maintenance"),
    "room.maintenance_ended": Text("Đã kết thúc bảo trì", "Maintenance ended"),
    "room.maintenance_end": Text("Kết thúc bảo trì", "End maintenance"),
    "room.works": Text("Các lần bảo trì", "Times of maintenance"),
    "room.works_hint": Text(
        "Quên bấm lúc sửa thì ghi lại ở đây. Số đo trong khoảng đó không tính vào tiết học hay lãng phí; những ngày ấy "
        "được tính lại.",
        "What nobody marked while it was done is told here. Readings of that time count in no lesson and no waste; "
        "those days are worked out again.",
    ),
    "room.works_none": Text("Chưa ghi lần bảo trì nào.", "No maintenance was told yet."),
    "room.works_failed": Text("Không đọc được danh sách: {reason}", "The list cannot be read: {reason}"),
    "room.work_from": Text("Từ", "From"),
    "room.work_to": Text("Đến", "To"),
    "room.work_note": Text("Việc đã làm", "What was done"),
    "room.work_add": Text("Ghi lại", "Tell it"),
    "room.work_backwards": Text("bảo trì phải kết thúc sau khi bắt đầu", "maintenance must end after it began"),
    "room.work_added": Text("Đã ghi; số liệu suy ra được tính lại", "Told; what follows is worked out again"),
    "room.work_open": Text("từ {a}, chưa có giờ kết thúc", "from {a}, no end told"),
    "room.work_span": Text("{a} – {b}", "{a} – {b}"),
    "room.work_unnamed": Text("không ghi việc gì", "nothing said of what"),
    "room.work_remove": Text("Xóa", "Remove"),
    "room.work_remove_sure": Text("Bấm lần nữa để xóa", "Press again to remove"),
    "room.work_removed": Text("Đã xóa; số liệu suy ra được tính lại", "Removed; what follows is worked out again"),
}
