"""Words about orders to devices, what gateways hear, and rules: part of the table in hub.web.texts."""

from wire.text import Text

COMMAND_TEXTS: dict[str, Text] = {
    # What a device is told to do
    "order.switch_on": Text("Bật", "Switch on"),
    "order.switch_off": Text("Tắt", "Switch off"),
    "order.display_on": Text("Bật màn hình", "Display on"),
    "order.display_off": Text("Tắt màn hình", "Display off"),
    "order.display_input": Text("Chuyển nguồn hình", "Change the input"),
    "order.display_mute": Text("Tắt tiếng", "Mute"),
    "order.display_unmute": Text("Bật tiếng", "Sound on"),
    "order.self_calibration_on": Text("Bật tự hiệu chuẩn (ABC)", "Self-calibration (ABC) on"),
    "order.self_calibration_off": Text("Tắt tự hiệu chuẩn (ABC)", "Self-calibration (ABC) off"),
    "order.calibrate_outdoor": Text("Hiệu chuẩn bằng không khí ngoài trời", "Calibrate to outdoor air"),
    "order.calibrate_to": Text("Hiệu chuẩn theo giá trị", "Calibrate to a value"),
    "order.measuring_range": Text("Đặt dải đo", "Set the measuring range"),
    "order.clean": Text("Tự làm sạch quạt", "Clean the fan"),
    "order.reset_energy": Text("Xóa số điện năng", "Reset the energy register"),
    "order.set_clock": Text("Chỉnh đồng hồ thiết bị", "Set the device's clock"),
    "order.enrol": Text("Đăng ký vân tay mới", "Enrol a fingerprint"),
    "order.delete_template": Text("Xóa mẫu vân tay", "Delete a fingerprint template"),
    # What to know before
    "caution.self_calibration_on": Text(
        "Cảm biến coi mức CO₂ thấp nhất trong nhiều ngày là không khí ngoài trời. Chỉ bật ở phòng vắng người mỗi đêm.",
        "The sensor takes the lowest CO₂ of several days for outdoor air. Only in rooms that are empty every night.",
    ),
    "caution.self_calibration_off": Text(
        "Cảm biến sẽ trôi dần; phải hiệu chuẩn bằng tay mỗi năm.",
        "The sensor drifts slowly; it has to be calibrated by hand every year.",
    ),
    "caution.calibrate_outdoor": Text(
        "Chỉ bấm khi cảm biến đã ở ngoài trời ít nhất 20 phút: số đang đo sẽ thành không khí ngoài trời.",
        "Only with the sensor outdoors for at least 20 minutes: what it measures now becomes outdoor air.",
    ),
    "caution.calibrate_to": Text(
        "Cần máy đo chuẩn đặt cạnh cảm biến; sai giá trị là sai mọi số đo về sau.",
        "Needs a reference instrument beside the sensor; a wrong value spoils every later reading.",
    ),
    "caution.measuring_range": Text(
        "Dải đo đổi thì số đo trước và sau có thể lệch nhau.",
        "Readings before and after a change of range may differ.",
    ),
    "caution.clean": Text("Quạt chạy mạnh khoảng 10 giây.", "The fan runs fast for about 10 seconds."),
    "caution.reset_energy": Text(
        "Số điện năng trên công tơ về 0; không lấy lại được.", "The meter's energy goes back to 0 for good."
    ),
    "caution.set_clock": Text(
        "Giờ của thiết bị được đặt theo giờ của cổng.", "The device's clock is set to the gateway's time."
    ),
    "caution.enrol": Text(
        "Người đăng ký phải đang đứng ở máy và đặt cùng một ngón tay hai lần.",
        "The person has to stand at the reader and place the same finger twice.",
    ),
    "caution.delete_template": Text(
        "Mẫu bị xóa khỏi máy đọc; phải đăng ký lại nếu xóa nhầm.",
        "The template is gone from the reader; a mistake means enrolling again.",
    ),
    # How an order stands
    "ordered.title": Text("Lệnh gần đây", "Recent orders"),
    "ordered.none": Text("Chưa có lệnh nào.", "No orders yet."),
    "ordered.controls": Text("Điều khiển", "Controls"),
    "ordered.special": Text("Lệnh cho thiết bị", "Orders for the device"),
    "ordered.value": Text("Giá trị", "Value"),
    "ordered.send": Text("Gửi lệnh", "Send"),
    "ordered.sure": Text("Bấm lần nữa để gửi", "Press again to send"),
    "ordered.pending": Text("đang chờ kết quả", "waiting for the result"),
    "ordered.done": Text("đã xong", "done"),
    "ordered.done_unconfirmed": Text("đã gửi, thiết bị không trả lời loại lệnh này", "sent; no device confirms this"),
    "ordered.refused": Text("bị từ chối", "refused"),
    "ordered.timed_out": Text("không có trả lời", "no answer"),
    "ordered.expired": Text("hết hạn, không thực hiện", "expired, not carried out"),
    "ordered.unsupported": Text("thiết bị không có lệnh này", "the device knows no such order"),
    "ordered.dry_run": Text("chạy thử, không gửi", "dry run, not sent"),
    "ordered.by_rule": Text("quy tắc tự động", "automatic rule"),
    "ordered.sign_in": Text("Đăng nhập để điều khiển", "Sign in to switch"),
    # What gateways hear
    "heard.title": Text("Nghe thấy, chưa hiểu", "Heard, not understood"),
    "heard.lead": Text(
        "Số liệu cổng nhận được mà chưa có quy tắc đọc. Chấp nhận đề xuất là cổng bắt đầu ghi; edge.toml của cổng luôn "
        "được ưu tiên.",
        "Figures a gateway receives and nothing reads yet. Accept a proposal and the gateway records them; the "
        "gateway's own edge.toml always wins.",
    ),
    "heard.none": Text("Không có gì lạ: mọi số liệu nghe được đều đã có nơi đọc.", "Nothing unknown is heard."),
    "heard.count": Text("{n} lần", "{n} times"),
    "heard.example": Text("ví dụ {value}", "for example {value}"),
    "heard.no_proposal": Text("không rõ là gì: hãy chọn đại lượng", "unknown: choose what it is"),
    "heard.accept": Text("Chấp nhận", "Accept"),
    "heard.edit": Text("Sửa rồi chấp nhận", "Edit and accept"),
    "heard.accepted": Text("Đã chấp nhận, đang gửi tới cổng", "Accepted, on its way to the gateway"),
    "heard.remove": Text("Bỏ", "Remove"),
    "heard.remove_sure": Text("Bấm lần nữa để bỏ", "Press again to remove"),
    "heard.removed": Text("Đã bỏ, đang gửi tới cổng", "Removed, on its way to the gateway"),
    "heard.pending": Text("chờ cổng xác nhận", "waiting for the gateway"),
    "heard.in_use": Text("đang dùng", "in use"),
    "heard.hidden": Text("bị edge.toml của cổng che", "hidden by the gateway's edge.toml"),
    "heard.unsure": Text("không rõ có dùng không", "not known whether in use"),
    "heard.newer": Text(
        "Cổng đang dùng cấu hình {n}, mới hơn bản trung tâm biết; thay đổi tiếp theo sẽ thay nó.",
        "The gateway uses configuration {n}, newer than this hub knows; the next change replaces it.",
    ),
    "heard.by_topic": Text("mỗi topic một thiết bị", "a device for each topic"),
    "heard.device": Text("Thiết bị (để trống: theo topic)", "Device (empty: from the topic)"),
    # Rules
    "policy.title": Text("Tự động tắt", "Switching off by itself"),
    "policy.lead": Text(
        "Mặc định tắt. Chạy thử ghi lại những gì sẽ được tắt mà không gửi lệnh nào; sau một ngày học mới bật được. "
        "Phòng mà thời khóa biểu không nêu tên thì không bao giờ bị tắt.",
        "Off by default. A dry run writes down what would be switched off and sends nothing; it can be turned on after "
        "a school day of that. Rooms the timetable does not name are left alone.",
    ),
    "policy.off": Text("Không", "Off"),
    "policy.dry_run": Text("Chạy thử", "Dry run"),
    "policy.on": Text("Bật", "On"),
    "policy.on_sure": Text("Bấm lần nữa để bật", "Press again to turn on"),
    "policy.chosen": Text("Đã lưu", "Saved"),
    "policy.since": Text("từ {t}, do {name}", "since {t}, by {name}"),
    "policy.watched": Text("đã theo dõi {n}/{m} phút của một ngày học", "watched {n} of {m} minutes of a school day"),
}
