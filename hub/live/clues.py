"""What speaks for or against people in the room, in words: the evidence behind the belief."""

from hub.live.figures import clock, number
from hub.live.occupancy import Belief, tells
from hub.live.situation import Situation
from hub.live.views import Reason
from wire.text import Text

MOST_CLUES = 3
WEIGHTY = 0.5
RISING_PPM_PER_MIN = 1.5
NOTHING_TELLS = Text(
    "Không có cảm biến nào cho biết có người hay không", "No sensor here tells whether anybody is there"
)
NOT_YET = Text("Chưa đủ dấu hiệu để biết có người hay không", "Not enough yet to tell whether anybody is there")


def clues(of: Situation) -> list[Reason]:
    belief = of.belief
    if belief is None or belief.occupied is None:
        silent = bool(of.values) and all(value.stale for value in of.values.values())
        return [] if silent else [Reason(NOT_YET if tells(of.evidence) else NOTHING_TELLS)]
    sign = 1 if belief.occupied else -1
    speaking = [clue.kind for clue in belief.clues if clue.weight * sign >= WEIGHTY][:MOST_CLUES]
    rising = of.trend is not None and of.trend.slope >= RISING_PPM_PER_MIN
    if belief.occupied and rising and {"motion", "co2"} <= set(speaking):
        since = clock(belief.since_ms, of.zone, of.now_ms)
        both = Reason(Text(f"Chuyển động từ {since}, CO₂ đang tăng", f"Motion since {since}, CO₂ rising"))
        rest = [kind for kind in speaking if kind not in {"motion", "co2"}]
        return [both, *(_clue(kind, of, belief) for kind in rest)]
    return [_clue(kind, of, belief) for kind in speaking]


def _clue(kind: str, of: Situation, belief: Belief) -> Reason:
    evidence, there = of.evidence, belief.occupied is True
    if kind == "count":
        count = number(evidence.count or 0)
        return Reason(Text(f"Đếm được {count.vi} người", f"{count.en} people counted"))
    if kind == "motion":
        since = clock(evidence.motion_since_ms or of.now_ms, of.zone, of.now_ms)
        return Reason(
            Text(f"Chuyển động từ {since}", f"Motion since {since}")
            if there
            else Text(f"Không có chuyển động từ {since}", f"No motion since {since}")
        )
    if kind == "light":
        lux = number(evidence.light_lx or 0)
        return Reason(
            Text(f"Phòng sáng ({lux.vi} lx)", f"Lit ({lux.en} lx)")
            if there
            else Text(f"Phòng tối ({lux.vi} lx)", f"Dark ({lux.en} lx)")
        )
    if kind == "noise":
        level = number(evidence.noise_dba or 0)
        return Reason(
            Text(f"Có tiếng ồn {level.vi} dBA", f"Noise {level.en} dBA")
            if there
            else Text(f"Yên tĩnh ({level.vi} dBA)", f"Quiet ({level.en} dBA)")
        )
    if kind == "display":
        return Reason(Text("Màn hình hoặc máy chiếu đang bật", "Display or projector on"))
    return _carbon(of, there=there)


def _carbon(of: Situation, *, there: bool) -> Reason:
    level, slope = (of.trend.level, of.trend.slope) if of.trend else (0.0, 0.0)
    ppm, pace = number(level), number(abs(slope))
    if there and slope >= RISING_PPM_PER_MIN:
        return Reason(Text(f"CO₂ tăng {pace.vi} ppm mỗi phút", f"CO₂ rising {pace.en} ppm a minute"))
    if there:
        # No number of people here: the figure beside it weighs all evidence, and two numbers would contradict.
        return Reason(Text(f"CO₂ {ppm.vi} ppm, cao như khi có người", f"CO₂ {ppm.en} ppm, as with people there"))
    if slope <= -RISING_PPM_PER_MIN:
        return Reason(
            Text(
                f"CO₂ giảm {pace.vi} ppm mỗi phút như khi phòng trống",
                f"CO₂ falling {pace.en} ppm a minute as in an empty room",
            )
        )
    return Reason(Text(f"CO₂ {ppm.vi} ppm, không tăng", f"CO₂ {ppm.en} ppm, not rising"))
