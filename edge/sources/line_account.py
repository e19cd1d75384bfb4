"""What a source on a line knows about itself: does the line stand, does the device speak, what went wrong. Pure."""

from firmware_bridge.device import Device, Values
from firmware_bridge.framing.frame import BadFrame
from wire.messages import SourceReport
from wire.text import Text

_NOISE_BYTES = 128
_MAX_TEXT = 200
_WELL = Text("", "")
NO_ERROR = "0"
_LONG_AGO_S = 1e12


class LineAccount:
    """The state of one device over all its lines. Times are monotonic seconds. Mutable."""

    def __init__(self, device: Device, now_s: float) -> None:
        self._device = device
        self.heard_s = now_s  # when something usable was heard last, or the line was opened
        self.problem = _WELL
        self.is_down = False
        self.line = False
        self._last_ok_s: float | None = None
        self._last_row_s: dict[str, float] = {}  # by channel
        self._readings = self._bad = self._noise_bytes = 0
        self._error_code = ""

    def line_up(self, now_s: float) -> None:
        self.line, self.heard_s, self._noise_bytes = True, now_s, 0
        self.problem = _WELL

    def line_down(self, why: Text) -> bool:
        """True when this is news; it is told once, not at every try."""
        news = not self.is_down
        self.line, self.problem, self.is_down = False, why, True
        return news

    def silent(self, silence_s: float) -> bool:
        """Nothing usable for so long. True when this is news."""
        news = not self.is_down
        self.is_down = True
        self.problem = self._noisy() if self._noise_bytes >= _NOISE_BYTES else self._speechless(silence_s)
        return news

    def bad_frame(self, bad: BadFrame) -> None:
        self._bad += 1
        self._noise_bytes += bad.length

    def warming(self, now_s: float, remaining_s: float) -> None:
        """The device speaks, its values are held for so much longer."""
        self.heard_s, self._noise_bytes = now_s, 0
        left = max(1, round(remaining_s))
        self.problem = Text(
            f"đang làm nóng, chưa dùng số đo: còn khoảng {left} giây",
            f"warming up, values are not used yet: about {left} s more",
        )

    def spoke(self, now_s: float) -> bool:
        """It said something sound that is no measurement. True where that is news: it was away."""
        back = self.is_down
        self.heard_s, self._noise_bytes, self.is_down = now_s, 0, False
        if back:
            self.problem = _WELL
        return back

    def measured(self, values: Values, now_s: float, channel: str = "") -> Values | None:
        """The row to hand on for one measurement; None where it repeats the last one too soon."""
        self.heard_s, self._noise_bytes = now_s, 0
        told = str(values.get("error_code", ""))
        code = "" if told == NO_ERROR else told
        if self._device.errors_apart and not told:
            code = self._error_code
        news, back, self.is_down = code != self._error_code, self.is_down, False
        self._error_code = code
        self.problem = Text(f"thiết bị báo lỗi {code}", f"the device reports error {code}") if code else _WELL
        rest = {key: value for key, value in values.items() if key != "error_code"}
        if news or (told and back):
            rest["error_code"] = code or NO_ERROR
        elif not back and now_s - self._last_row_s.get(channel, -_LONG_AGO_S) < self._device.spacing_s:
            return None
        if not rest:
            return None
        self._readings += 1
        if len(rest) > ("error_code" in rest):
            self._last_row_s[channel] = self._last_ok_s = now_s
        return rest

    def report(self, name: str, now_s: float) -> SourceReport:
        return SourceReport(
            name=name,
            kind=self._device.name,
            up=self.line and not self.is_down,
            last_ok_age_s=None if self._last_ok_s is None else round(now_s - self._last_ok_s, 1),
            readings=self._readings,
            bad=self._bad,
            problem_vi=self.problem.vi[:_MAX_TEXT],
            problem_en=self.problem.en[:_MAX_TEXT],
        )

    def _noisy(self) -> Text:
        title, baud = self._device.title, self._device.baud
        return Text(
            f"chỉ có nhiễu: kiểm tra tốc độ ({baud}), dây chung GND, và đây có đúng là {title.vi} không",
            f"only noise: check the speed ({baud} baud), the common ground, and that this is a {title.en}",
        )

    def _speechless(self, silence_s: float) -> Text:
        title = self._device.title
        return Text(
            f"không nghe thấy {title.vi} đã {silence_s:.0f} giây: kiểm tra nguồn và dây TX/RX (phải nối chéo)",
            f"nothing heard from the {title.en} for {silence_s:.0f} s: check power, and that TX and RX are crossed",
        )
