"""Limits a lesson is held against: the usual ones with where they come from; each school can choose its own. Pure.

Source: /work/shared/facts.md section 5 (UK BB101:2018, HSE/SAGE, REHVA, TCVN 7114-1:2008, QCVN 26:2010, WHO 1999).
"""

import math

import msgspec

from wire.text import Text


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What counts as too much or too little. Watts are assumed where no meter measures an appliance."""

    co2_good_ppm: float = 800.0
    co2_limit_ppm: float = 1_000.0
    co2_poor_ppm: float = 1_500.0
    co2_most_ppm: float = 2_000.0
    co2_most_min: float = 20.0
    noise_dba: float = 55.0
    light_lx: float = 300.0
    display_w: float = 150.0
    projector_w: float = 250.0
    lights_w: float = 200.0
    air_conditioner_w: float = 1_500.0


class Limit(msgspec.Struct, frozen=True):
    """How one limit may be chosen, and where the usual one comes from."""

    low: float
    high: float
    source: Text


_ASSUMED = Text(
    "giả định của ClassHub khi không có đồng hồ điện: hãy nhập công suất thật của trường",
    "assumed by ClassHub where nothing is metered: enter what your school's appliances draw",
)
LIMITS: dict[str, Limit] = {
    "co2_good_ppm": Limit(
        450, 5_000, Text("HSE/SAGE (Anh): dưới 800 ppm là tốt", "UK HSE/SAGE: below 800 ppm is good")
    ),
    "co2_limit_ppm": Limit(
        450,
        5_000,
        Text(
            "REHVA và BB101:2018 (thông gió cơ khí, trung bình ngày); mức 1000 ppm không phải quy định của ASHRAE",
            "REHVA and BB101:2018 (mechanical ventilation, mean of a day); ASHRAE sets no such limit",
        ),
    ),
    "co2_poor_ppm": Limit(
        450,
        5_000,
        Text("HSE/SAGE: trên 1500 ppm là kém; BB101:2018", "UK HSE/SAGE: above 1500 ppm is poor; BB101:2018"),
    ),
    "co2_most_ppm": Limit(
        450, 10_000, Text("BB101:2018: không quá 2000 ppm", "BB101:2018: never above 2000 ppm for longer")
    ),
    "co2_most_min": Limit(1, 240, Text("BB101:2018: quá 20 phút liền", "BB101:2018: than 20 minutes on end")),
    "noise_dba": Limit(
        30,
        110,
        Text(
            "QCVN 26:2010/BTNMT: trường học 55 dBA ban ngày (tiếng ồn xung quanh); WHO 1999 khuyến nghị nền 35 dBA",
            "QCVN 26:2010/BTNMT: schools 55 dBA by day (ambient); WHO 1999 recommends a background of 35 dBA",
        ),
    ),
    "light_lx": Limit(
        50,
        2_000,
        Text("TCVN 7114-1:2008 (ISO 8995-1): phòng học từ 300 lx", "TCVN 7114-1:2008 (ISO 8995-1): classrooms"),
    ),
    "display_w": Limit(1, 10_000, _ASSUMED),
    "projector_w": Limit(1, 10_000, _ASSUMED),
    "lights_w": Limit(1, 20_000, _ASSUMED),
    "air_conditioner_w": Limit(1, 50_000, _ASSUMED),
}


def wrong_limit(chosen: Thresholds) -> tuple[str, Limit] | None:
    """The first limit that is out of its range or no number; None where all may be used."""
    for name, limit in LIMITS.items():
        value = getattr(chosen, name)
        if not math.isfinite(value) or not limit.low <= value <= limit.high:
            return name, limit
    return None
