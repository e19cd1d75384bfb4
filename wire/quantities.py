"""THE table of what can be measured: key, unit, UN/CEFACT code, range, kind and meaning in both languages.

A key carries its unit. A reading outside [minimum, maximum] is physically impossible for its instrument class,
goes to quarantine and never reaches a page. Codes: UN/CEFACT Recommendation 20; C62 is "one" (no unit).
"""

from enum import StrEnum

import msgspec

from wire.text import Text


class Kind(StrEnum):
    """How values of a quantity may be summed up over time."""

    GAUGE = "gauge"  # mean, min, max, count
    COUNTER = "counter"  # cumulative register: last value, consumption by difference, resets seen
    STATE = "state"  # 0 or 1: share of time
    TEXT = "text"  # last value


class Quantity(msgspec.Struct, frozen=True):
    """One row of the table. `unit` is the symbol people read; texts have no unit and no range."""

    key: str
    unit: str
    code: str
    minimum: float
    maximum: float
    kind: Kind
    meaning: Text
    decimals: int = 0

    def accepts(self, value: float | str) -> bool:
        """Whether a value can be real: a finite number in range, or a text of at most 200 characters."""
        if self.kind is Kind.TEXT:
            return isinstance(value, str) and len(value) <= MAX_TEXT
        if isinstance(value, str):
            return False
        if self.kind is Kind.STATE:
            return value in {0.0, 1.0}
        return self.minimum <= value <= self.maximum


MAX_TEXT = 200


def _gauge(key: str, unit: str, code: str, low: float, high: float, vi: str, en: str, decimals: int = 0) -> Quantity:
    return Quantity(key, unit, code, low, high, Kind.GAUGE, Text(vi, en), decimals)


def _state(key: str, vi: str, en: str) -> Quantity:
    return Quantity(key, "", "C62", 0, 1, Kind.STATE, Text(vi, en))


def _text(key: str, vi: str, en: str) -> Quantity:
    return Quantity(key, "", "C62", 0, 0, Kind.TEXT, Text(vi, en))


_TABLE = (
    _gauge("co2_ppm", "ppm", "59", 0, 40_000, "CO₂", "CO₂"),
    _gauge("temperature_c", "°C", "CEL", -40, 85, "nhiệt độ", "temperature", 1),
    _gauge("humidity_pct", "%", "P1", 0, 100, "độ ẩm", "relative humidity"),
    _gauge("illuminance_lx", "lx", "LUX", 0, 200_000, "độ rọi", "illuminance"),
    _gauge("noise_dba", "dBA", "2N", 0, 140, "tiếng ồn", "noise"),
    _gauge("pm1_ugm3", "µg/m³", "GQ", 0, 5_000, "bụi PM1", "PM1"),
    _gauge("pm25_ugm3", "µg/m³", "GQ", 0, 5_000, "bụi PM2,5", "PM2.5"),
    _gauge("pm4_ugm3", "µg/m³", "GQ", 0, 5_000, "bụi PM4", "PM4"),
    _gauge("pm10_ugm3", "µg/m³", "GQ", 0, 5_000, "bụi PM10", "PM10"),
    _gauge("pm100_ugm3", "µg/m³", "GQ", 0, 50_000, "bụi tổng (PM100)", "total dust (PM100)"),
    _gauge("formaldehyde_ugm3", "µg/m³", "GQ", 0, 10_000, "formaldehyt", "formaldehyde"),
    _gauge("ozone_ppb", "ppb", "61", 0, 20_000, "ô-zôn", "ozone"),
    _gauge("carbon_monoxide_ppm", "ppm", "59", 0, 10_000, "khí CO", "carbon monoxide"),
    _gauge(
        "air_quality_index",
        "",
        "C62",
        0,
        1_000,
        "chỉ số không khí của cảm biến",
        "the sensor's own air quality index",
        2,
    ),
    _gauge("tvoc_ppb", "ppb", "61", 0, 100_000, "hợp chất hữu cơ bay hơi", "volatile organic compounds"),
    _gauge(
        "tvoc_ugm3",
        "µg/m³",
        "GQ",
        0,
        100_000,
        "khối lượng hợp chất hữu cơ bay hơi",
        "mass of volatile organic compounds",
    ),
    _gauge("pressure_hpa", "hPa", "A97", 300, 1_200, "áp suất", "air pressure", 1),
    _gauge("voltage_v", "V", "VLT", 0, 1_000, "điện áp lưới", "mains voltage", 1),
    _gauge("current_a", "A", "AMP", -1_000, 1_000, "dòng điện", "current", 3),
    _gauge("power_w", "W", "WTT", -1_000_000, 1_000_000, "công suất", "power", 1),
    Quantity("energy_kwh", "kWh", "KWH", 0, 1e9, Kind.COUNTER, Text("điện năng", "energy"), 3),
    _gauge("frequency_hz", "Hz", "HTZ", 0, 500, "tần số", "frequency", 2),
    _gauge("power_factor", "", "C62", -1, 1, "hệ số công suất", "power factor", 2),
    _gauge("apparent_power_va", "VA", "D46", 0, 1_000_000, "công suất biểu kiến", "apparent power", 1),
    _gauge("reactive_power_var", "var", "D44", -1_000_000, 1_000_000, "công suất phản kháng", "reactive power", 1),
    Quantity(
        "energy_returned_kwh", "kWh", "KWH", 0, 1e9, Kind.COUNTER, Text("điện năng trả lưới", "energy returned"), 3
    ),
    _gauge("battery_pct", "%", "P1", 0, 100, "pin", "battery"),
    _gauge("battery_v", "V", "VLT", 0, 100, "điện áp pin", "battery voltage", 2),
    _gauge(
        "device_temperature_c", "°C", "CEL", -40, 150, "nhiệt độ bên trong thiết bị", "temperature inside the device", 1
    ),
    _gauge("snr_db", "dB", "2N", -50, 100, "tỷ số tín hiệu trên nhiễu", "signal to noise", 1),
    _gauge("rssi_dbm", "dBm", "DBM", -200, 20, "cường độ sóng", "signal strength"),
    _gauge("link_quality", "", "C62", 0, 255, "chất lượng kết nối", "link quality"),
    _state("occupancy", "có chuyển động", "motion"),
    _gauge("people_count", "", "C62", 0, 10_000, "số người", "people"),
    Quantity("people_in", "", "C62", 0, 1e9, Kind.COUNTER, Text("số lượt vào", "people in")),
    Quantity("people_out", "", "C62", 0, 1e9, Kind.COUNTER, Text("số lượt ra", "people out")),
    _gauge("activity", "", "C62", 0, 100_000, "mức chuyển động (thô)", "movement (raw)"),
    _gauge("distance_mm", "mm", "MMT", 0, 100_000, "khoảng cách", "distance"),
    _state("contact_open", "cửa mở", "contact open"),
    _state("switch_on", "công tắc bật", "switch on"),
    _state("display_on", "màn hình bật", "display on"),
    Quantity("lamp_hours_h", "h", "HUR", 0, 1_000_000, Kind.COUNTER, Text("giờ đèn", "lamp hours")),
    Quantity("filter_hours_h", "h", "HUR", 0, 1_000_000, Kind.COUNTER, Text("giờ bộ lọc", "filter hours")),
    _state("muted", "tắt tiếng", "muted"),
    _text("input_source", "nguồn tín hiệu", "input source"),
    _text("error_code", "mã lỗi", "error code"),
    _state("water_leak", "rò nước", "water leak"),
    _state("smoke", "khói", "smoke"),
    _state("tamper", "bị tháo", "tampered"),
    _state("vibration", "rung", "vibration"),
    _gauge("sound_level", "", "C62", 0, 100_000, "mức âm (thô)", "sound level (raw)", 2),
)

QUANTITIES: dict[str, Quantity] = {row.key: row for row in _TABLE}
