"""THE table of every word the pages show, in both languages; templates and scripts name its keys."""

from hub.web.command_texts import COMMAND_TEXTS
from hub.web.device_texts import DEVICE_TEXTS
from hub.web.event_texts import EVENT_ERRORS, EVENT_TEXTS
from hub.web.forecast_texts import FORECAST_TEXTS
from hub.web.import_texts import IMPORT_TEXTS
from hub.web.room_texts import ROOM_TEXTS
from hub.web.school_texts import SCHOOL_TEXTS
from hub.web.timetable_texts import TIMETABLE_TEXTS
from wire.text import Language, Text

TEXTS: dict[str, Text] = {
    # Frame
    "nav.wall": Text("Phòng học", "Rooms"),
    "nav.devices": Text("Thiết bị", "Devices"),
    "nav.quarantine": Text("Cách ly", "Quarantine"),
    "nav.about": Text("Giới thiệu", "About"),
    "nav.label": Text("Các trang", "Pages"),
    "nav.schools": Text("Chọn trường", "Choose a school"),
    "nav.skip": Text("Đến nội dung chính", "Skip to the content"),
    "nav.sign_in": Text("Đăng nhập", "Sign in"),
    "nav.sign_out": Text("Đăng xuất", "Sign out"),
    "nav.language": Text("English", "Tiếng Việt"),
    "nav.simulated": Text("Mô phỏng", "Simulated"),
    "page.no_script": Text(
        "Trang này cần JavaScript để vẽ số liệu trực tiếp.", "This page needs JavaScript to draw live figures."
    ),
    "page.not_found": Text("Không tìm thấy", "Not found"),
    "page.error": Text("Có lỗi", "Something went wrong"),
    "page.back": Text("Về trang phòng học", "Back to the rooms"),
    "push.lost": Text(
        "Mất kết nối trực tiếp từ {t}. Số liệu dưới đây không còn cập nhật; đang thử lại.",
        "Live connection lost since {t}. The figures below are no longer updated; trying again.",
    ),
    # Statuses
    "status.in_lesson": Text("Đang học", "In lesson"),
    "status.lesson_but_empty": Text("Có tiết, vắng người", "Lesson but empty"),
    "status.occupied_unscheduled": Text("Có người, không có tiết", "Occupied, no lesson"),
    "status.occupied_break": Text("Có người, giờ nghỉ", "Occupied, break"),
    "status.idle": Text("Trống", "Free"),
    "status.after_hours": Text("Ngoài giờ", "After hours"),
    "status.unknown": Text("Mất số liệu", "No data"),
    "status.maintenance": Text("Đang bảo trì", "Under maintenance"),
    "status.all": Text("Tất cả", "All"),
    "status.filter": Text("Lọc theo trạng thái", "Filter by status"),
    # Wall
    "wall.title": Text("Phòng học", "Rooms"),
    "wall.building": Text("Tòa nhà", "Building"),
    "wall.every_building": Text("Mọi tòa nhà", "All buildings"),
    "wall.attention": Text("Cần chú ý trước", "Attention first"),
    "wall.export": Text("Tải CSV", "Download CSV"),
    "wall.none_match": Text("Không phòng nào khớp với bộ lọc này.", "No room matches this filter."),
    "wall.show_all": Text("Hiện mọi phòng", "Show all rooms"),
    "wall.shown": Text("{n} phòng", "{n} rooms"),
    "wall.needs": Text("Cần chú ý", "Needs attention"),
    "wall.rest": Text("Các phòng khác", "Other rooms"),
    "wall.no_lesson": Text("Không có tiết", "No lesson"),
    "wall.next": Text("tiết sau {t}", "next {t}"),
    "wall.no_value": Text("chưa có số liệu", "no data yet"),
    "wall.people": Text("người", "people"),
    "wall.of_people": Text("/ {n} người", "/ {n} people"),
    "wall.unknown_people": Text("chưa rõ", "unknown"),
    "wall.at_least": Text("ít nhất {t}", "at least {t}"),
    "wall.old": Text("cũ, lúc {t}", "old, {t}"),
    "wall.trend_up": Text("đang tăng", "rising"),
    "wall.trend_down": Text("đang giảm", "falling"),
    "wall.trend_flat": Text("ổn định", "steady"),
    "wall.spark": Text("CO₂ trong 30 phút qua", "CO₂ over the last 30 minutes"),
    "wall.maintenance": Text("Đang bảo trì", "Under maintenance"),
    "wall.progress": Text("Tiết học đã qua {n} %", "{n} % of the period has passed"),
    "wall.left": Text("còn {t}", "{t} left"),
    "wall.break": Text("Giờ nghỉ", "Break"),
    "wall.before_next": Text("{name} bắt đầu lúc {t}", "{name} starts at {t}"),
    "wall.no_period": Text("Ngoài giờ học", "Outside school hours"),
    "wall.no_plan": Text("Chưa có thời khóa biểu", "No timetable yet"),
    "empty.title": Text("Chưa có phòng nào", "No rooms yet"),
    "empty.lead": Text(
        "Ba bước là có số liệu đầu tiên trên trang này:", "Three steps to the first figures on this page:"
    ),
    "empty.step1": Text(
        "Khai báo trường và phòng trong một tệp rồi nạp vào:",
        "Describe the school and its rooms in a file and load it:",
    ),
    "empty.step2": Text(
        "Thêm cổng đầu tiên; lệnh in ra tệp edge.toml sẵn dùng:",
        "Add the first gateway; the command prints its ready edge.toml:",
    ),
    "empty.step3": Text(
        "Chạy cổng trong trường. Thiết bị lạ hiện ở trang Thiết bị, hai lần bấm là xong:",
        "Run the gateway in the school. Unknown devices appear on the Devices page, two clicks settle each:",
    ),
    "empty.go": Text("Mở trang Thiết bị", "Open the Devices page"),
    "schools.title": Text("Các trường", "Schools"),
    "schools.rooms": Text("phòng", "rooms"),
    "schools.attention": Text("cần chú ý", "need attention"),
    # What runs with nobody there
    "running.display": Text("Bảng tương tác", "Display"),
    "running.projector": Text("Máy chiếu", "Projector"),
    "running.lights": Text("Đèn", "Lights"),
    "running.air_conditioner": Text("Điều hòa", "Air conditioner"),
    # Quarantine
    "quarantine.title": Text("Dữ liệu cách ly", "Quarantined data"),
    "quarantine.lead": Text(
        "Bản tin hoặc giá trị không đọc được nằm ở đây nguyên vẹn. Sửa nguyên nhân rồi cho chạy lại; không gì bị xóa âm thầm.",  # noqa: E501
        "Messages or values that could not be read are kept here untouched. Mend the cause, then replay; nothing is deleted silently.",  # noqa: E501
    ),
    "quarantine.none": Text("Không có gì trong cách ly.", "Nothing is quarantined."),
    "quarantine.from": Text("Nguồn", "From"),
    "quarantine.count": Text("Số lần", "Times"),
    "quarantine.first": Text("Lần đầu", "First"),
    "quarantine.last": Text("Lần cuối", "Last"),
    "quarantine.raw": Text("Dữ liệu gốc", "Raw data"),
    "quarantine.replay": Text("Chạy lại", "Replay"),
    "quarantine.discard": Text("Bỏ", "Discard"),
    "quarantine.discard_sure": Text("Bấm lần nữa để bỏ", "Press again to discard"),
    "quarantine.replayed": Text("Đã chạy lại và lưu", "Replayed and stored"),
    "quarantine.discarded": Text("Đã bỏ", "Discarded"),
    "quarantine.open": Text("đang chờ", "open"),
    "quarantine.status_replayed": Text("đã chạy lại", "replayed"),
    "quarantine.status_discarded": Text("đã bỏ", "discarded"),
    # Sign-in
    "login.title": Text("Đăng nhập", "Sign in"),
    "login.name": Text("Tên", "Name"),
    "login.password": Text("Mật khẩu", "Password"),
    "login.submit": Text("Đăng nhập", "Sign in"),
    "login.hint": Text(
        "Tài khoản vận hành được tạo khi chạy classhub hub init.", "The operator account was made by classhub hub init."
    ),
    "login.hint_simulated": Text(
        "Trường mô phỏng: tên và mật khẩu ghi ở cửa sổ dòng lệnh đang chạy demo.",
        "A simulated school: name and password stand in the terminal that runs the demo.",
    ),
    "login.wrong": Text("Tên hoặc mật khẩu không đúng.", "The name or the password is wrong."),
    "login.wait": Text(
        "Quá nhiều lần thử. Đợi {n} giây rồi thử lại.", "Too many attempts. Wait {n} seconds and try again."
    ),
    "login.expired": Text("Trang đăng nhập đã cũ. Hãy thử lại.", "This sign-in page is old. Please try again."),
    # About
    "about.title": Text("Giới thiệu", "About"),
    "about.lead": Text(
        "ClassHub theo dõi phòng học: cảm biến, bảng tương tác, thời khóa biểu và con người, trực tiếp và đúng ngữ cảnh.",  # noqa: E501
        "ClassHub watches classrooms: sensors, boards, timetable and people, live and in context.",
    ),
    "about.version": Text("Phiên bản", "Version"),
    "about.licence": Text("Giấy phép", "Licence"),
    "about.api": Text("Giao diện lập trình", "Programming interface"),
    "about.audit": Text("Ai đã thay đổi gì", "Who changed what"),
    "about.uptime": Text("Chạy từ", "Running since"),
    # Notices
    "notice.gateway": Text(
        "Cổng {name} mất kết nối từ {t}; dữ liệu được giữ tại cổng và sẽ gửi bù.",
        "Gateway {name} has been disconnected since {t}; its data is kept there and will follow.",
    ),
    "notice.gateways": Text(
        "{n} cổng mất kết nối, lâu nhất từ {t}; dữ liệu được giữ tại cổng và sẽ gửi bù.",
        "{n} gateways are disconnected, the longest since {t}; their data is kept there and will follow.",
    ),
    "notice.pending": Text("{n} cổng mới chờ được chấp nhận.", "{n} new gateways wait to be accepted."),
    "notice.pending_one": Text("Cổng {name} chờ được chấp nhận.", "Gateway {name} waits to be accepted."),
    "notice.two_machines": Text("Hai máy dùng chung tên cổng {name}.", "Two machines use the name of gateway {name}."),
    "notice.unassigned_one": Text("1 thiết bị chưa có phòng.", "1 device has no room yet."),
    "notice.unassigned": Text("{n} thiết bị chưa có phòng.", "{n} devices have no room yet."),
    "notice.see": Text("Xem chi tiết", "Details"),
    # Time and units for scripts
    "age.now": Text("vừa xong", "just now"),
    "age.seconds": Text("{n} giây trước", "{n} s ago"),
    "age.minutes": Text("{n} phút trước", "{n} min ago"),
    "age.hours": Text("{n} giờ trước", "{n} h ago"),
    "age.days": Text("{n} ngày trước", "{n} days ago"),
    "span.seconds": Text("{n} giây", "{n} s"),
    "span.minutes": Text("{n} phút", "{n} min"),
    "span.hours": Text("{n} giờ", "{n} h"),
    "span.hours_minutes": Text("{n} giờ {m} phút", "{n} h {m} min"),
    "span.days": Text("{n} ngày", "{n} days"),
    "value.on": Text("bật", "on"),
    "value.off": Text("tắt", "off"),
    "value.open": Text("mở", "open"),
    "value.closed": Text("đóng", "closed"),
    "value.yes": Text("có", "yes"),
    "value.no": Text("không", "no"),
    "state.contact_open_0": Text("cửa đóng", "closed"),
    "state.contact_open_1": Text("cửa mở", "open"),
    "state.switch_on_0": Text("đang tắt", "off"),
    "state.switch_on_1": Text("đang bật", "on"),
    "state.socket_on_0": Text("ổ cắm tắt", "socket off"),
    "state.socket_on_1": Text("ổ cắm có điện", "socket on"),
    "state.occupancy_0": Text("không có chuyển động", "no motion"),
    "state.occupancy_1": Text("có chuyển động", "motion"),
    "state.display_on_0": Text("màn hình tắt", "display off"),
    "state.display_on_1": Text("màn hình bật", "display on"),
    "state.muted_0": Text("có tiếng", "sound on"),
    "state.muted_1": Text("tắt tiếng", "muted"),
    "form.failed": Text("Không thực hiện được: {reason}", "That did not work: {reason}"),
    "form.offline": Text("không nối được với trung tâm", "the hub cannot be reached"),
    # Requests
    "error.no_school": Text("không có trường {id}", "there is no school {id}"),
    "error.no_room": Text("không có phòng {id}", "there is no room {id}"),
    "error.no_maintenance": Text(
        "không có lần bảo trì {id} ở đây; có lẽ vừa bị xóa", "there is no maintenance {id} here; perhaps just removed"
    ),
    "error.no_device": Text("không có thiết bị {id}", "there is no device {id}"),
    "error.no_gateway": Text("không có cổng {id}", "there is no gateway {id}"),
    "error.no_entry": Text("không có mục cách ly {id}", "there is no quarantined entry {id}"),
    "error.no_page": Text("không có trang này", "there is no such page"),
    "error.store_down": Text(
        "kho số liệu tạm thời không đọc được; hãy thử lại sau", "the store cannot be read now; try again later"
    ),
    "error.sign_in": Text("hãy đăng nhập trước", "sign in first"),
    "error.csrf": Text(
        "thiếu mã chống giả mạo X-CSRF-Token; tải lại trang rồi thử lại",
        "the X-CSRF-Token header is missing or wrong; reload the page and try again",
    ),
    "error.host": Text(
        "máy chủ này chỉ trả lời cho localhost; mở bằng http://localhost",
        "this server only answers to localhost; open it as http://localhost",
    ),
    "error.body": Text("nội dung không dùng được: {reason}", "the body cannot be used: {reason}"),
    "error.too_large": Text("nội dung quá lớn", "the body is too large"),
    "error.range": Text("hãy dùng một trong: {choices}", "use one of: {choices}"),
    "error.internal": Text("lỗi bên trong; xem nhật ký của trung tâm", "an internal error; see the hub's log"),
    **COMMAND_TEXTS,
    **DEVICE_TEXTS,
    **EVENT_TEXTS,
    **EVENT_ERRORS,
    **FORECAST_TEXTS,
    **IMPORT_TEXTS,
    **ROOM_TEXTS,
    **TIMETABLE_TEXTS,
    **SCHOOL_TEXTS,
}


def text(key: str, **values: object) -> Text:
    """One row of the table with its `{places}` filled."""
    row = TEXTS[key]
    return Text(row.vi.format(**values), row.en.format(**values)) if values else row


def say(key: str, language: Language, **values: object) -> str:
    return text(key, **values).in_language(language)


def in_language(language: Language) -> dict[str, str]:
    """The whole table in one language, for the scripts."""
    return {key: row.in_language(language) for key, row in TEXTS.items()}
