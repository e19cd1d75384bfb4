"""Words of an import told row by row, and of the source it belongs to: part of the table in hub.web.texts."""

from hub.school.importers.format_names import FORMAT_NAMES
from hub.school.row_words import FIELD_NAMES
from wire.text import Text

IMPORT_ROW_TEXTS: dict[str, Text] = {
    **{f"imports.format_{key}": name for key, name in FORMAT_NAMES.items()},
    **{f"imports.field_{key}": name for key, name in FIELD_NAMES.items()},
    "imports.rows_reading": Text("Đang so từng dòng…", "Comparing row by row…"),
    "imports.rows_tables": Text("Chọn bảng", "Choose a table"),
    "imports.rows_states": Text("Chọn loại thay đổi", "Choose what changed"),
    "imports.rows_all": Text("Tất cả", "All"),
    "imports.rows_added": Text("Thêm", "Added"),
    "imports.rows_changed": Text("Đổi", "Changed"),
    "imports.rows_ended": Text("Bớt", "Ended"),
    "imports.rows_suspicious": Text("Đáng ngờ", "Suspicious"),
    "imports.rows_none_fits": Text("Không dòng nào như vậy.", "No such row."),
    "imports.rows_counted": Text(
        "Các dòng của học sinh chỉ được đếm, không liệt kê.", "Rows of pupils are counted only, never listed."
    ),
    "imports.rows_listed": Text(
        "Liệt kê {n} dòng; {m} dòng học sinh trong lớp chỉ được đếm.",
        "{n} rows are listed; {m} rows of pupils in classes are counted only.",
    ),
    "imports.rows_unnamed": Text(
        "{n} dòng về người không nêu tên (chỉ có mã)", "{n} rows about people who are not named (digests only)"
    ),
    "imports.by_pull": Text("tự lấy từ {who}", "pulled from {who}"),
    "imports.by_cli": Text("bởi {who}, từ dòng lệnh", "by {who}, on the command line"),
    "imports.rows_pages": Text("Các trang", "Pages"),
    "imports.rows_before": Text("Trước", "Before"),
    "imports.rows_after": Text("Sau", "Next"),
    "imports.rows_range": Text("{a}–{b} trong {n} dòng", "{a}–{b} of {n} rows"),
    "imports.problems_then": Text(
        "Chi tiết từng dòng chỉ có khi đọc tệp; đọc lại tệp để xem.",
        "Row by row they are told when a file is read; read it again to see them.",
    ),
    "imports.kind_all": Text("Tất cả", "All"),
    "imports.doubted": Text("Những gì đã đáng ngờ khi nhập", "What looked wrong when it came in"),
    "imports.rooms_none": Text(
        "Trường chưa biết phòng nào trong {m} phòng của tệp: chưa tiết học nào gắn được với cảm biến. "
        "Hãy ghi tên gọi khác cho phòng đã có, hoặc thêm phòng.",
        "The school knows none of the file's {m} rooms: no lesson can be joined to sensors yet. "
        "Give rooms that exist their other names, or add rooms.",
    ),
    "imports.rooms_few": Text(
        "Trường chỉ biết {k} trong {m} phòng của tệp: tiết học ở {n} phòng kia không gắn được với cảm biến. "
        "Hãy ghi tên gọi khác cho phòng đã có, hoặc thêm phòng.",
        "The school knows only {k} of the file's {m} rooms: lessons in the other {n} cannot be joined to sensors. "
        "Give rooms that exist their other names, or add rooms.",
    ),
    "imports.rooms_some": Text(
        "Trường chưa biết {n} trong {m} phòng của tệp.", "The school does not know {n} of the file's {m} rooms."
    ),
    "imports.rooms_hold": Text(
        "{n} phòng trường chưa biết, mà trước đây tiết học có phòng",
        "{n} rooms unknown to the school take lessons away",
    ),
    "imports.rooms_names": Text("Xem {n} tên phòng lạ", "See the {n} unknown names"),
    "imports.rooms_more": Text("và {n} tên nữa", "and {n} more"),
    "imports.rooms_alias": Text("Ghi tên gọi khác của phòng", "Give rooms their other names"),
    "imports.rooms_new": Text("Thêm phòng", "Add rooms"),
    "imports.source": Text("Nguồn", "Source"),
    "imports.source_usual": Text("nguồn thường dùng", "the usual one"),
    "imports.source_hint": Text(
        "Tệp chỉ thay những gì cùng nguồn đã đưa vào. Lịch câu lạc bộ, danh sách giáo viên riêng…: đặt tên riêng.",
        "A file replaces only what its own source brought. A club's calendar, a list of teachers apart…: a name of its "
        "own.",
    ),
    "imports.source_example": Text("ví dụ: câu lạc bộ", "e.g. clubs"),
    "imports.source_again": Text("Đọc lại dưới tên này", "Read again under this name"),
    "imports.source_choose": Text(
        "Bỏ lần nhập này, chọn lại tệp và ghi tên nguồn trong phần Tùy chọn.",
        "Reject this import, choose the file again and name its source under Options.",
    ),
    "imports.bad_source": Text(
        "tên nguồn có 1 đến 64 ký tự, không phải “hand”", "a source's name has 1 to 64 characters and is not “hand”"
    ),
    "imports.other_source_title": Text("Tệp này thuộc nguồn nào?", "Which source does this file belong to?"),
    "imports.classes_elsewhere": Text(
        "Tệp có những lớp mà một nguồn khác đã có. Nếu tệp thay danh sách của nguồn đó, hãy đọc lại dưới tên nguồn đó; "
        "nếu là một danh sách khác thì bấm Áp dụng.",
        "It has classes another source has already. If it replaces that source's list, read it again under that name; "
        "if it is another list, apply it.",
    ),
    "imports.other_source": Text(
        "Tệp này là {fresh}, còn dữ liệu đang dùng đến từ {file} ({format}) và phần lớn sẽ kết thúc nếu áp dụng. "
        "Nếu tệp này bổ sung chứ không thay thế, hãy nhập nó dưới một tên nguồn riêng.",
        "This file is {fresh}; what is in force came from {file} ({format}), and most of it would end. If this adds to "
        "it rather than replacing it, import it under a source name of its own.",
    ),
}
