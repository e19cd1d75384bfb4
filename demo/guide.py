"""What the terminal tells a visitor: where to look, what to expect there, and how the demo is doing."""

from io import StringIO

import msgspec
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Line

from demo.cast import NEW_GATEWAY, SCHOOL, SCHOOL_NAME, place
from demo.diary import Kind
from demo.life import CROSSES_AFTER_MS
from demo.plan import CUT_GATEWAY, FIRST_OUTAGE_S, OUTAGE_S, outage
from demo.script import IDLE_PROJECTOR, LESSON_EMPTY, MEETING, STUFFY
from demo.stage import OPERATOR, Stage
from demo.units import DEAD
from wire.text import Text

_ACCENT = "cyan"
LIVE_LINES = 4
_NAME_WIDTH = 9
_WIDE = 130  # columns in which addresses and words stand side by side


class Sight(msgspec.Struct, frozen=True):
    """One thing worth looking at: on which page, what is to be seen, and the same in half a line under its name."""

    where: str
    text: Text
    name: str
    brief: Text


class Pulse(msgspec.Struct, frozen=True):
    """How the demo is doing, as its own API tells it; None while the hub does not answer."""

    statuses: dict[str, int]
    gateways_online: int
    gateways: int
    pending: int
    unassigned: int
    stored: int


def sights(stage: Stage) -> list[Sight]:
    """In the order to look at them."""
    return [*_air_and_lessons(stage), *_school_data(stage), *_people(), *_devices()]


def _air_and_lessons(stage: Stage) -> list[Sight]:
    crossing = stage.bells.local(stage.plan.started_ms + CROSSES_AFTER_MS)
    return [
        Sight("/", Text("Toàn trường lúc này: 12 phòng, tiết đang học", "The school now: 12 rooms, one lesson"),
              "Phòng học", Text("12 phòng lúc này", "the 12 rooms now")),
        Sight(
            _room(STUFFY),
            Text(
                f"{_name(STUFFY)} ngột ngạt: CO₂ vượt 1 500 ppm trước {crossing:%H:%M}, rồi có người mở cửa sổ",
                f"{_name(STUFFY)} is stuffy: CO₂ crosses 1,500 ppm by {crossing:%H:%M}; then a window is opened",
            ),
            _name(STUFFY),
            Text(f"ngột ngạt, vượt 1 500 ppm trước {crossing:%H:%M}", "stuffy, over its limit"),
        ),
        Sight(
            _room(LESSON_EMPTY),
            Text(
                f"{_name(LESSON_EMPTY)}: có tiết nhưng không có ai, máy chiếu vẫn chạy (chắc chắn sau vài phút)",
                f"{_name(LESSON_EMPTY)}: a lesson, nobody there, the projector runs (sure after some minutes)",
            ),
            _name(LESSON_EMPTY),
            Text("có tiết mà không có ai", "a lesson, nobody there (after minutes)"),
        ),
        Sight(
            _room(IDLE_PROJECTOR),
            Text(
                f"{_name(IDLE_PROJECTOR)}: phòng trống, máy chiếu quên tắt; đăng nhập rồi tắt nó từ trang này",
                f"{_name(IDLE_PROJECTOR)}: empty, a projector left on; sign in and turn it off from this page",
            ),
            _name(IDLE_PROJECTOR),
            Text("máy chiếu quên tắt: tắt từ trang", "left on: turn it off here"),
        ),
    ]  # fmt: skip


def _school_data(stage: Stage) -> list[Sight]:
    moved = next((change for change in stage.diary.changes if change.kind is Kind.ROOM), None)
    group = moved.group if moved is not None else ""
    return [
        Sight(
            "/timetable",
            Text(
                f"Thời khóa biểu: {group} đổi phòng, dạy thay, tiết nghỉ, tiết thêm, và điều đã thật sự diễn ra",
                f"Timetable: {group} moved, a substitute, a lesson off, one more, and what really happened",
            ),
            "Lịch học",
            Text(f"{group} đổi phòng, dạy thay, nghỉ", f"{group} moved, changes"),
        ),
        Sight(
            "/imports",
            Text(
                "Nhập dữ liệu: danh sách mới thiếu khối 9 (ít hơn 10 %), chờ bạn quyết định trong vòng một phút",
                "Imports: a new roster without grade 9 (down by over 10 %) waits for you, within a minute",
            ),
            "Nhập",
            Text("danh sách thiếu khối 9: chờ bạn", "a shrunken roster waits"),
        ),
        Sight(
            "/school-data",
            Text(
                "Dữ liệu trường: một phòng bị gọi tên khác (gợi ý tên thay), sửa bằng một lần bấm",
                "School data: a room called by another name (an alias is proposed), mended by one click",
            ),
            "Dữ liệu",
            Text("phòng bị gọi tên khác: sửa", "a room misnamed: mend it"),
        ),
    ]


def _people() -> list[Sight]:
    dead_room = DEAD.split("-")[0]
    return [
        Sight(
            _room(MEETING),
            Text(f"{_name(MEETING)}: có người mà không có tiết", f"{_name(MEETING)}: people without a lesson"),
            _name(MEETING),
            Text("có người mà không có tiết", "people without a lesson"),
        ),
        Sight(
            _room(dead_room),
            Text(
                f"{_name(dead_room)}: cảm biến CO₂ im lặng sau một phút; giá trị cũ không hiện như mới",
                f"{_name(dead_room)}: the CO₂ sensor falls silent; an old value is never shown as new",
            ),
            _name(dead_room),
            Text("cảm biến CO₂ im lặng, số cũ ghi rõ", "CO₂ sensor silent, shown as old"),
        ),
    ]


def _devices() -> list[Sight]:
    return [
        Sight(
            "/devices",
            Text(
                f"Cổng mới {NEW_GATEWAY} chờ duyệt và một thiết bị chưa có phòng: mỗi việc hai lần bấm",
                f"New gateway {NEW_GATEWAY} waits for you, and a device has no room: two clicks each (sign in first)",
            ),
            "Thiết bị",
            Text("duyệt cổng mới, gán phòng: hai lần bấm", "accept, assign: two clicks"),
        ),
        Sight(
            "/devices",
            Text(
                "Mạch đo học sinh tự làm gửi số liệu không ai hiểu: chấp nhận đề xuất là có số đo",
                "A board pupils built says what nobody understands: accept the proposal, and it measures",
            ),
            "Thiết bị",
            Text("mạch tự làm: chấp nhận đề xuất", "a home-made board: accept"),
        ),
        Sight(
            "/devices",
            Text(
                f"Cổng {CUT_GATEWAY} mất mạng {OUTAGE_S:.0f} giây sau {FIRST_OUTAGE_S / 60:.0f} phút, rồi gửi bù đủ",
                f"After {FIRST_OUTAGE_S / 60:.0f} minutes {CUT_GATEWAY} loses its network for {OUTAGE_S:.0f} s, "
                "then delivers all it kept",
            ),
            "Thiết bị",
            Text(f"{CUT_GATEWAY} mất mạng {OUTAGE_S:.0f} giây, gửi bù đủ", "cut off, then all follows"),
        ),
    ]


def _room(room: str) -> str:
    return f"/rooms/{SCHOOL}.{room}"


def _name(room: str) -> str:
    return place(room).name


def address(stage: Stage, path: str = "/") -> str:
    return f"http://localhost:{stage.plan.web_port}{path}"


def programme(stage: Stage, width: int, height: int = 1_000) -> RenderableType:
    """The part of the terminal that stands still: in full where it fits above the lines that change, else in brief."""
    full = _panel(stage, _full(stage, wide=width >= _WIDE))
    lines = Console(width=width, height=height, file=StringIO()).render_lines(full)
    return full if len(lines) + LIVE_LINES < height else _panel(stage, _brief(stage))


def _panel(stage: Stage, table: Table) -> Panel:
    bell, head = stage.bells.current, Line()
    head.append("Mở trong trình duyệt / Open in a browser:  ")
    head.append(address(stage), style=f"bold {_ACCENT} underline")
    head.append("\nĐăng nhập để sửa / Sign in to change:     ")
    head.append(f"{OPERATOR}  {stage.password}", style="bold")
    head.append(f"\n{bell.name}: {_clock(bell.start)}–{_clock(bell.end)} ({stage.bells.timezone})\n", style="dim")
    title = f"ClassHub · {SCHOOL_NAME} (mô phỏng / simulated)"
    return Panel(Group(head, table), title=title, border_style=_ACCENT, padding=(0, 2))


def _full(stage: Stage, *, wide: bool) -> Table:
    """Every address with its words, beside them where there is room."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    if wide:
        table.add_column(no_wrap=True, style=_ACCENT)
    table.add_column()
    for sight in sights(stage):
        where = address(stage, sight.where)
        words = Line() if wide else Line(f"{where}\n", style=_ACCENT)
        words.append(sight.text.vi, style="default")
        words.append(f"\n{sight.text.en}", style="dim default")
        table.add_row(*([where] if wide else []), words)
    return table


def _brief(stage: Stage) -> Table:
    """A line a sight, for a terminal of 80 by 24: the address above leads to all of them."""
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    table.add_column(no_wrap=True, min_width=_NAME_WIDTH, style=_ACCENT)
    table.add_column(no_wrap=True)
    for sight in sights(stage):
        table.add_row(sight.name, Line(sight.brief.vi).append(f" / {sight.brief.en}", style="dim"))
    return table


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def live_lines(pulse: Pulse | None, elapsed_s: float) -> Line:
    """The lines that change."""
    line = Line()
    if pulse is None:
        return line.append("… máy chủ chưa trả lời / the hub does not answer yet", style="yellow")
    lessons = pulse.statuses.get("in_lesson", 0)
    away = pulse.statuses.get("lesson_but_empty", 0)
    if lessons:  # in a break people sit in their rooms without a lesson, and nothing is wrong with that
        away += pulse.statuses.get("occupied_unscheduled", 0)
    cut, seconds = outage(elapsed_s)
    line.append(f"● {lessons} phòng đang học / in lesson", style="green")
    line.append(f"   ◆ {away} phòng trái kế hoạch / off plan", style="magenta")
    line.append(f"\ncổng / gateways {pulse.gateways_online}/{pulse.gateways}, chờ duyệt / pending {pulse.pending}, ")
    line.append(f"chưa có phòng / unassigned {pulse.unassigned}")
    line.append(f"\nbản ghi đã nhận / rows received {pulse.stored:,}".replace(",", "\N{NO-BREAK SPACE}"))
    state = "mất mạng, có lại sau / is cut off, back in" if cut else "mất mạng sau / will be cut off in"
    line.append(f"\n{CUT_GATEWAY} {state} {seconds:.0f} s", style="yellow" if cut else "dim")
    return line.append("   Ctrl-C: kết thúc / end", style="bold")


def plain_programme(stage: Stage) -> str:
    """The same for a log or a pipe."""
    lines = [f"ClassHub: {SCHOOL_NAME}: {address(stage)}", f"sign in / đăng nhập: {OPERATOR} {stage.password}"]
    lines += [f"{address(stage, sight.where)}  {sight.text.both()}" for sight in sights(stage)]
    return "\n".join(lines)
