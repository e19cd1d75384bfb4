"""THE table of every word the pages show, in both languages; templates and scripts name its keys."""

from hub.web.command_texts import COMMAND_TEXTS
from hub.web.event_texts import EVENT_ERRORS, EVENT_TEXTS
from hub.web.forecast_texts import FORECAST_TEXTS
from hub.web.import_row_texts import IMPORT_ROW_TEXTS
from hub.web.import_texts import IMPORT_TEXTS
from hub.web.room_edit_texts import ROOM_EDIT_TEXTS
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
    # Room
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
    "room.maintenance": Text("Chế độ bảo trì", "Maintenance mode"),
    "room.maintenance_hint": Text(
        "Phòng đang sửa được đánh dấu và không bị đánh giá.", "A room being worked on is marked and not judged."
    ),
    "room.maintenance_note": Text("Việc đang làm", "What is being done"),
    "room.maintenance_start": Text("Bắt đầu bảo trì", "Start maintenance"),
    "room.maintenance_ended": Text("Đã kết thúc bảo trì", "Maintenance ended"),
    "room.maintenance_end": Text("Kết thúc bảo trì", "End maintenance"),
    "running.display": Text("Bảng tương tác", "Display"),
    "running.projector": Text("Máy chiếu", "Projector"),
    "running.lights": Text("Đèn", "Lights"),
    "running.air_conditioner": Text("Điều hòa", "Air conditioner"),
    # Devices
    "devices.title": Text("Thiết bị và cổng", "Devices and gateways"),
    "devices.todo": Text("Cần xử lý", "To settle"),
    "devices.todo_none": Text(
        "Không có gì phải xử lý: mọi cổng đã được chấp nhận, mọi thiết bị đã có phòng.",
        "Nothing to settle: every gateway is accepted, every device has a room.",
    ),
    "devices.pending": Text("Cổng chờ chấp nhận", "Gateway waiting to be accepted"),
    "devices.pending_hint": Text(
        "Dữ liệu đang được giữ tại cổng cho tới khi có người chấp nhận.",
        "Its data waits at the gateway until somebody accepts it.",
    ),
    "devices.accept": Text("Chấp nhận", "Accept"),
    "devices.accept_sure": Text("Bấm lần nữa để chấp nhận", "Press again to accept"),
    "devices.refuse": Text("Từ chối", "Refuse"),
    "devices.refuse_sure": Text("Bấm lần nữa để từ chối", "Press again to refuse"),
    "devices.accepted": Text("Đã chấp nhận {name}", "{name} accepted"),
    "devices.refused": Text("Đã từ chối {name}", "{name} refused"),
    "devices.unassigned": Text("Thiết bị chưa có phòng", "Device without a room"),
    "devices.choose_room": Text("Chọn phòng…", "Choose a room…"),
    "devices.from": Text("Tính từ", "With effect from"),
    "devices.from_first": Text("lần đo đầu tiên", "its first reading"),
    "devices.from_now": Text("bây giờ", "now"),
    "devices.from_date": Text("ngày giờ khác…", "another time…"),
    "devices.assign": Text("Gán phòng", "Assign"),
    "devices.assigned": Text("Đã gán {name} cho {room}", "{name} assigned to {room}"),
    "devices.gateways": Text("Cổng kết nối (gateway)", "Gateways"),
    "devices.no_gateways": Text("Chưa có cổng nào.", "No gateways yet."),
    "devices.online": Text("Đang kết nối", "Connected"),
    "devices.offline": Text("Mất kết nối", "Disconnected"),
    "devices.last_seen": Text("thấy lần cuối", "last seen"),
    "devices.never": Text("chưa từng", "never"),
    "devices.backlog": Text("Chờ gửi", "Backlog"),
    "devices.rows": Text("{n} bản ghi · {size}", "{n} rows · {size}"),
    "devices.backlog_away": Text(
        "đang dồn tại cổng; biết số khi có mạng lại", "gathering at the gateway; known when it is back"
    ),
    "devices.clock": Text("Đồng hồ", "Clock"),
    "devices.clock_ntp": Text("đồng bộ NTP", "NTP"),
    "devices.clock_hub": Text("theo trung tâm", "set by the hub"),
    "devices.clock_system": Text("theo hệ điều hành", "operating system"),
    "devices.clock_unknown": Text("không rõ", "unknown"),
    "devices.skew": Text("lệch {n} s", "off by {n} s"),
    "devices.flash": Text("Ghi thẻ nhớ", "Flash writes"),
    "devices.per_day": Text("{n}/ngày", "{n}/day"),
    "devices.per_day_unknown": Text("mỗi ngày: chưa đủ số liệu", "per day: not enough data yet"),
    "devices.set_aside": Text("Để riêng", "Set aside"),
    "devices.software": Text("Phần mềm", "Software"),
    "devices.two_machines": Text(
        "Hai máy đang dùng chung tên cổng này. Đổi tên một máy trong edge.toml.",
        "Two machines use this gateway's name. Rename one of them in its edge.toml.",
    ),
    "devices.account": Text("Sổ dữ liệu", "Data account"),
    "devices.stream": Text("Luồng", "Stream"),
    "devices.tele": Text("Số đo", "Telemetry"),
    "devices.event": Text("Sự kiện", "Events"),
    "devices.expected": Text("Phải có", "Expected"),
    "devices.received": Text("Đã nhận", "Received"),
    "devices.duplicate": Text("Trùng", "Duplicate"),
    "devices.late": Text("Muộn", "Late"),
    "devices.lost": Text("Mất", "Lost"),
    "devices.dropped": Text("Bỏ tại cổng", "Dropped there"),
    "devices.outstanding": Text("Đang chờ", "Outstanding"),
    "devices.quarantined": Text("Cách ly", "Quarantined"),
    "devices.overwritten": Text("Ghi đè", "Overwritten"),
    "devices.drop_age": Text("quá hạn lưu", "too old"),
    "devices.drop_size": Text("hết chỗ", "outbox full"),
    "devices.drop_disk": Text("đầy đĩa", "disk full"),
    "devices.drop_skipped": Text("số bỏ trống", "numbers never used"),
    "devices.drop_rejected": Text("không đọc được", "unreadable"),
    "devices.drop_corrupt": Text("hỏng tệp", "file corrupt"),
    "devices.late_why": Text(
        "Muộn: tới sau khi đo hơn 60 giây, thường là dữ liệu gửi bù (mất mạng, cổng vừa được nối). "
        "Đã lưu đủ, đúng giờ đo; không bao giờ hiện như số liệu bây giờ.",
        "Late: arrived over 60 s after it was measured, usually sent afterwards (network away, new gateway). "
        "All stored at their own time; never shown as the present.",
    ),
    "devices.lost_why": Text(
        "Mất: cổng đã gửi nhưng không còn giữ, trung tâm chưa nhận được. Xem nhật ký của cổng.",
        "Lost: numbered by the gateway, no longer kept there, never received. See the gateway's log.",
    ),
    "devices.devices": Text("Thiết bị", "Devices"),
    "devices.no_devices": Text("Chưa có thiết bị nào.", "No devices yet."),
    "devices.search": Text("Tìm thiết bị, phòng, cổng", "Find a device, room, gateway"),
    "devices.device": Text("Thiết bị", "Device"),
    "devices.room": Text("Phòng", "Room"),
    "devices.gateway": Text("Cổng", "Gateway"),
    "devices.newest": Text("Số đo mới nhất", "Newest values"),
    "devices.age": Text("Tuổi", "Age"),
    "devices.interval": Text("mỗi {t}", "every {t}"),
    "devices.stale": Text("im lặng", "silent"),
    "devices.unavailable": Text("không phản hồi", "not responding"),
    "devices.actions": Text("Thao tác", "Actions"),
    "devices.change": Text("Sửa", "Change"),
    "devices.close": Text("Đóng", "Close"),
    "devices.move": Text("Chuyển phòng", "Move to a room"),
    "devices.replace": Text("Thay cảm biến hỏng", "Replace a broken sensor"),
    "devices.replace_hint": Text(
        "Thiết bị này nhận phòng của thiết bị cũ; lịch sử của phòng được giữ nguyên.",
        "This device takes the old one's room; the room keeps its history.",
    ),
    "devices.replaces": Text("Thiết bị cũ", "Old device"),
    "devices.calibrate": Text("Hiệu chuẩn", "Calibrate"),
    "devices.calibrate_hint": Text("giá trị đúng = số đo × hệ số + độ lệch", "true value = measured × scale + offset"),
    "devices.quantity": Text("Đại lượng", "Quantity"),
    "devices.scale": Text("Hệ số", "Scale"),
    "devices.offset": Text("Độ lệch", "Offset"),
    "devices.save": Text("Lưu", "Save"),
    "devices.saved": Text("Đã lưu", "Saved"),
    "devices.retired": Text("đã tháo khỏi phòng", "taken out of its room"),
    "devices.without_room": Text("chưa có phòng", "no room"),
    "devices.reading_only": Text(
        "Bạn đang xem, chưa đăng nhập. Đăng nhập để chấp nhận cổng, gán phòng và sửa thiết bị.",
        "You are looking, not signed in. Sign in to accept gateways, assign rooms and change devices.",
    ),
    "devices.sign_in": Text("Đăng nhập để thay đổi", "Sign in to change things"),
    "devices.maintenance": Text("Bảo trì", "Maintenance"),
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
    "notice.see": Text("Xem thiết bị", "See the devices"),
    # Time and units for scripts
    "age.now": Text("vừa xong", "just now"),
    "age.seconds": Text("{n} giây trước", "{n} s ago"),
    "age.minutes": Text("{n} phút trước", "{n} min ago"),
    "age.hours": Text("{n} giờ trước", "{n} h ago"),
    "age.days": Text("{n} ngày trước", "{n} days ago"),
    "span.seconds": Text("{n} giây", "{n} s"),
    "span.minutes": Text("{n} phút", "{n} min"),
    "span.hours": Text("{n} giờ", "{n} h"),
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
    **EVENT_TEXTS,
    **EVENT_ERRORS,
    **FORECAST_TEXTS,
    **IMPORT_TEXTS,
    **IMPORT_ROW_TEXTS,
    **TIMETABLE_TEXTS,
    **SCHOOL_TEXTS,
    **ROOM_EDIT_TEXTS,
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
