"""Words of rooms and buildings over time, where a school is edited by hand: part of the table in hub.web.texts."""

from wire.text import Text

ROOM_EDIT_TEXTS: dict[str, Text] = {
    "school.remove_room": Text("Xóa phòng (nhập nhầm)", "Delete the room (a mistake)"),
    "school.named_since": Text("Gọi như vậy từ ngày", "Called so from"),
    "school.named_since_hint": Text(
        "Để trống: vốn vẫn gọi như vậy. Có ngày: thời khóa biểu trước ngày đó vẫn theo tên cũ.",
        "Empty: it was never called otherwise. With a date, timetables before it still go by the old names.",
    ),
    "school.keep_name": Text("Giữ tên cũ “{name}” làm tên khác", "Keep the old name “{name}” as an alias"),
    "school.names_over_time": Text("Tên qua thời gian", "Names over time"),
    "school.since_ever": Text("từ trước đến nay", "since ever"),
    "school.from_day": Text("từ {day}", "from {day}"),
    "school.not_yet": Text("chưa có", "not there yet"),
    "school.out_of_use": Text("ngừng dùng: {reason}", "out of use: {reason}"),
    "school.out_since": Text("ngừng dùng từ {day}: {reason}", "out of use from {day}: {reason}"),
    "school.retire_room": Text("Ngừng dùng phòng…", "Retire the room…"),
    "school.retire_building": Text("Ngừng dùng tòa nhà…", "Retire the building…"),
    "school.retire_hint": Text(
        "Từ ngày đó không còn trên bảng phòng, dự báo và chất lượng dữ liệu; lịch sử, tiết học và thời khóa biểu "
        "trước đó vẫn xem được. Có thể hủy.",
        "From that day on it is gone from the wall, forecasts and data quality; its history, lessons and timetables of "
        "before stay. It can be taken back.",
    ),
    "school.retire_after_today": Text(
        "Hôm nay phòng đã có {n} tiết bắt đầu: hôm nay vẫn tính là đang dùng, ngừng dùng từ {day}.",
        "Lessons have begun here today ({n}): today still counts as in use, it is out of use from {day}.",
    ),
    "school.retire_lessons": Text(
        "Có tới {n} tiết mỗi tuần xếp ở đây từ {day}: không đổi phòng trong thời khóa biểu thì chúng không được hiện.",
        "Lessons a week planned here from {day}: up to {n}. Unless the timetable moves them, they will not be shown.",
    ),
    "school.retire_past": Text(
        "{n} tiết đã qua từ ngày đó sẽ không còn phòng.", "Past lessons since that day that lose their room: {n}."
    ),
    "school.retire_no_lessons": Text(
        "Không tiết nào xếp ở đây trong {n} tuần từ ngày đó.",
        "No lesson is planned here in the {n} weeks from that day.",
    ),
    "school.retire_since": Text("Từ ngày", "From"),
    "school.retire_reason": Text("Lý do", "Reason"),
    "school.take_out_devices": Text(
        "Tháo {n} thiết bị khỏi phòng vào ngày đó", "Take its {n} devices out of the room on that day"
    ),
    "school.take_out_rooms": Text(
        "Ngừng dùng cả {n} phòng của tòa nhà, và tháo thiết bị trong đó",
        "Retire its {n} rooms with it, and take out the devices in them",
    ),
    "school.retire_now": Text("Ngừng dùng", "Retire"),
    "school.retired_places": Text("Đã ngừng dùng", "Out of use"),
    "school.reopen": Text("Dùng lại", "Take back"),
    "school.reopen_since": Text("Dùng lại từ ngày", "In use again from"),
    "school.reopen_hint": Text(
        "Để trống: như chưa từng ngừng. Thiết bị đã tháo phải gắn lại.",
        "Empty: as if it had never been retired. Devices that were taken out have to be hung up again.",
    ),
    "school.its_past": Text("Lịch sử phòng", "The room's past"),
    "school.buildings": Text("Tòa nhà", "Buildings"),
    "room.retired": Text(
        "Phòng đã ngừng dùng từ {day}: {reason}. Lịch sử trước đó vẫn xem được ở dưới và trên thời khóa biểu.",
        "This room is out of use from {day}: {reason}. What was before is below and on the timetable.",
    ),
    "room.retires": Text("Phòng ngừng dùng từ {day}: {reason}.", "This room is out of use from {day}: {reason}."),
    "room.retired_timetable": Text("Thời khóa biểu", "Timetable"),
    "error.room_retired": Text(
        "phòng {id} đã ngừng dùng từ {day}: chỉ còn lịch sử",
        "room {id} is out of use from {day}: only its past is left",
    ),
}
