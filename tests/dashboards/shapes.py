"""What every panel must show of the simulated day: least rows, columns, the range each column's values lie in."""

import msgspec

Bounds = tuple[float, float]
AIR, WARMTH, DAMP, NOISE, LIGHT = (380, 3_000), (15, 40), (20, 100), (30, 95), (0, 3_000)
ANY = (-1e12, 1e12)


class Shape(msgspec.Struct, frozen=True):
    """`rows` at least; `columns`: bounds of numbers, or None for words and times."""

    rows: int
    columns: dict[str, Bounds | None]


def _one(low: float, high: float) -> Shape:
    return Shape(1, {"_value": (low, high)})


def _rooms(rows: int, low: float, high: float) -> Shape:
    return Shape(rows, {"_time": None, "A101": (low, high), "A102": (low, high), "B203": (low, high)})


def _gateways(rows: int, low: float, high: float) -> Shape:
    names = ("Nhà A, tầng 1", "Nhà A, tầng 2", "Nhà B")
    return Shape(rows, {"_time": None} | dict.fromkeys(names, (low, high)))


_STATUSES = Shape(300, {"_time": None, "A101": None, "A102": None, "B203": None})
# One lesson and its end: just after midnight the simulated school has had no more today.
_LESSONS = Shape(2, {"time": None, "Lesson": None})
_RANKED = {"name": None}
_ID = "School id"

# (dashboard, panel in English, query) -> what six hours up to now show
SHAPES: dict[tuple[str, str, str], Shape] = {
    ("school-now", "Rooms in use", "A"): _one(1, 12),
    ("school-now", "People, estimated", "A"): _one(20, 600),
    ("school-now", "Lesson, but empty", "A"): _one(0, 12),
    ("school-now", "Over CO₂ limit", "A"): _one(0, 12),
    ("school-now", "Silent rooms", "A"): _one(0, 0),
    ("school-now", "Gateways offline", "A"): _one(0, 0),
    ("school-now", "Open alerts", "A"): Shape(1, {"value": (2, 2)}),
    ("school-now", "Late data", "A"): _one(0, 100),
    ("school-now", "Rooms now", "A"): Shape(12, {"Room": None, "Id": None, "Lesson now": None}),
    ("school-now", "Rooms now", "B"): Shape(12, {"Id": None, "Status": None}),
    ("school-now", "Rooms now", "C"): Shape(
        12,
        {
            "Id": None,
            "CO₂ (ppm)": AIR,
            "Temperature (°C)": WARMTH,
            "Relative humidity (%)": DAMP,
            "Noise (dBA)": NOISE,
            "Illuminance (lx)": LIGHT,
            "CO₂ limit (ppm)": (900, 1_500),
            "Age of data (min)": (0, 6),
        },
    ),
    ("school-now", "How rooms were used", "A"): _STATUSES,
    ("school-now", "CO₂ of the rooms", "A"): _rooms(300, *AIR),
    ("school-now", "Open alerts", "B"): Shape(2, {"Since": None, "Room": None, "Severity": None, "What": None}),
    ("room", "Age of the data", "A"): _one(0, 300),
    ("room", "CO₂", "A"): Shape(1, {"_time": None, "_value": AIR}),
    ("room", "Temperature", "A"): Shape(1, {"_time": None, "_value": WARMTH}),
    ("room", "Relative humidity", "A"): Shape(1, {"_time": None, "_value": DAMP}),
    ("room", "Noise", "A"): Shape(0, {}),  # no microphone hangs in this room
    ("room", "Illuminance", "A"): Shape(1, {"_time": None, "_value": LIGHT}),
    ("room", "People, estimated", "A"): Shape(1, {"_time": None, "_value": (0, 50)}),
    ("room", "Air changes", "A"): Shape(1, {"_time": None, "_value": (0, 20)}),
    ("room", "Lessons", "A"): _LESSONS,
    ("room", "Status", "A"): Shape(300, {"_time": None, "A102": None}),
    ("room", "People, estimated", "B"): Shape(60, {"_time": None, "A102": (0, 50)}),
    ("room", "Air changes per hour", "A"): Shape(60, {"_time": None, "A102": (0, 20)}),
    ("room", "CO₂", "B"): Shape(300, {"_time": None, "CO₂ A102": AIR, "Limit of the room": (900, 900)}),
    ("room", "Temperature", "B"): Shape(300, {"_time": None, "Nhiệt độ, độ ẩm A102": WARMTH}),
    ("room", "Relative humidity", "B"): Shape(300, {"_time": None, "Nhiệt độ, độ ẩm A102": DAMP}),
    ("room", "Noise", "B"): Shape(0, {}),
    ("room", "Illuminance", "B"): Shape(300, {"_time": None, "Chuyển động A102": LIGHT}),
    ("room", "Fine dust", "A"): Shape(300, {"_time": None, "PM1": (1, 100), "PM2.5": (1, 100), "PM10": (1, 150)}),
    ("room", "On, open, motion", "A"): Shape(
        60, {"_time": None, "Chuyển động A102": (0, 1), "Cửa A102": (0, 1), "Đèn A102": (0, 1)}
    ),
    ("room", "Devices in the room", "A"): Shape(7, {"Device": None, "Model": None, "Id": None}),
    ("room", "Devices in the room", "B"): Shape(7, {"Id": None, "Silent for (min)": (0, 6), "Last seen": None}),
    ("air", "Air during lessons", "A"): Shape(
        6,
        {
            "Room": None,
            "Mean CO₂ (ppm)": AIR,
            "Highest CO₂ (ppm)": AIR,
            "Limit (ppm)": (900, 1_500),
            "Over limit (% of time)": (0, 100),
            "Lesson minutes": (1, 360),
        },
    ),
    ("air", "Minutes over the limit", "A"): Shape(12, _RANKED | {"_value": (0, 360)}),
    ("air", "CO₂", "A"): _rooms(300, *AIR),
    ("air", "Air changes per hour", "A"): Shape(60, {"_time": None, "A102": (0, 20)}),
    ("air", "PM2.5", "A"): Shape(300, {"_time": None, "A102": (1, 100), "A202": (1, 100)}),
    ("air", "Temperature", "A"): _rooms(300, *WARMTH),
    ("air", "Relative humidity", "A"): _rooms(300, *DAMP),
    ("air", "Volatile organic compounds", "A"): Shape(300, {"_time": None, "A102": (50, 1_000)}),
    ("air", "CO₂ of room $room", "A"): Shape(
        300, {"_time": None, "CO₂ A101": AIR, "Limit of the room": (1_500, 1_500)}
    ),
    ("air", "Lessons in room $room", "A"): _LESSONS,
    ("energy", "Power now", "A"): _one(1, 10_000),
    ("energy", "Energy used", "A"): _one(3, 100),
    ("energy", "Energy with nobody there", "A"): _one(0.01, 50),
    ("energy", "Devices with an error", "A"): _one(1, 1),
    ("energy", "Energy by room", "A"): Shape(12, _RANKED | {"_value": (0, 50)}),
    ("energy", "Energy by the hour", "A"): Shape(6, {"_time": None, "A101": (0, 2), "B102 Tin học": (0, 5)}),
    ("energy", "Power", "A"): Shape(
        300, {"_time": None, "Ổ cắm bảng A101": (0, 300), "Điều hòa B102 Tin học": (0, 2_000)}
    ),
    ("energy", "Mains voltage", "A"): Shape(300, {"_time": None, 'Công tơ "b102-cong-to" ${x}': (200, 250)}),
    ("energy", "Lights, sockets, displays", "A"): Shape(60, {"_time": None, "Đèn A101": (0, 1)}),
    ("energy", "Hours on", "A"): Shape(10, _RANKED | {"_value": (0, 6.1)}),
    ("energy", "Status of the rooms", "A"): _STATUSES,
    ("energy", "Displays: input, error, lamp hours", "A"): Shape(
        1, {"Room": None, "Device": None, "Error code": None, "Last seen": None}
    ),
    ("energy", "Lamp hours", "A"): Shape(1, _RANKED | {"_value": (1_200, 1_300)}),
    ("gateways", "Gateways offline", "A"): _one(0, 0),
    ("gateways", "Received (rows)", "A"): _one(100_000, 200_000),
    ("gateways", "Lost (rows)", "A"): _one(0, 10),
    ("gateways", "Dropped at gateways (rows)", "A"): _one(0, 0),
    ("gateways", "Duplicates (rows)", "A"): _one(0, 50),
    ("gateways", "Quarantined (rows)", "A"): _one(0, 0),
    ("gateways", "Each gateway's account", "A"): Shape(
        3,
        {
            "Gateway": None,
            "Online": (1, 1),
            "Age of data (min)": (0, 6),
            "Received (rows)": (100_000, 400_000),
            "Late (rows)": (0, 2_000),
            "Lost (rows)": (0, 10),
            "Clock offset (ms)": (-100, 100),
            "Flash written (bytes/day)": (2e8, 4e8),
            "Outbox (rows)": (12, 12),
        },
    ),
    ("gateways", "Online", "A"): _gateways(300, 0, 1),
    ("gateways", "Received (rows)", "B"): _gateways(60, 600, 1_300),
    ("gateways", "More than 60 s late (rows)", "A"): _gateways(60, 0, 100),
    ("gateways", "Lost (rows)", "B"): _gateways(60, 0, 5),
    ("gateways", "Duplicates (rows)", "B"): _gateways(60, 0, 5),
    ("gateways", "Overwritten (rows)", "A"): _gateways(60, 0, 0),
    ("gateways", "Share late", "A"): _one(0, 100),
    ("gateways", "Clock offset from the hub", "A"): _gateways(300, -100, 100),
    ("gateways", "Rows waiting in the outbox", "A"): _gateways(300, 12, 12),
    ("gateways", "Flash written a day", "A"): _gateways(300, 2.9e8, 2.9e8),
    ("gateways", "Size of the outbox", "A"): _gateways(300, 40_960, 40_960),
    ("gateways", "Devices and when they were heard last", "A"): Shape(
        80, {"Id": None, "Device": None, "Gateway": None, "Room": None}
    ),
    ("gateways", "Devices and when they were heard last", "B"): Shape(
        80, {"Id": None, "Silent for (min)": (0, 6), "Last seen": None}
    ),
    ("gateways", "Battery", "A"): Shape(20, _RANKED | {"_value": (81, 81)}),
    ("gateways", "Link quality", "A"): Shape(20, _RANKED | {"_value": (120, 120)}),
    ("gateways", "Signal strength", "A"): Shape(20, _RANKED | {"_value": (-61, -61)}),
    ("province", "Schools", "A"): Shape(1, {"value": (2, 2)}),
    ("province", "Schools reporting", "A"): _one(1, 1),
    ("province", "Open alerts", "A"): Shape(1, {"value": (2, 2)}),
    ("province", "Schools compared", "A"): Shape(
        2, {_ID: None, "School": None, "Rooms": (0, 12), "Devices": (0, 100), "Open alerts": (0, 2)}
    ),
    ("province", "Schools compared", "B"): Shape(1, {_ID: None, "Gateways online (%)": (100, 100)}),
    ("province", "Schools compared", "C"): Shape(1, {_ID: None, "Mean CO₂ (ppm)": AIR}),
    ("province", "Schools compared", "D"): Shape(1, {_ID: None, "CO₂ above 1,500 ppm (%)": (0, 100)}),
    ("province", "Schools compared", "E"): Shape(1, {_ID: None, "PM2.5 (µg/m³)": (1, 100)}),
    ("province", "Schools compared", "F"): Shape(1, {_ID: None, "Temperature (°C)": WARMTH}),
    ("province", "Schools compared", "G"): Shape(1, {_ID: None, "Energy (kWh)": (3, 100)}),
    ("province", "Schools compared", "H"): Shape(1, {_ID: None, "Received (rows)": (100_000, 200_000)}),
    ("province", "Schools compared", "I"): Shape(1, {_ID: None, "Late (rows)": (0, 5_000)}),
    ("province", "Schools compared", "J"): Shape(1, {_ID: None, "Lost (rows)": (0, 10)}),
    ("province", "CO₂ of all rooms", "A"): Shape(20, {"_time": None, "Mean": AIR, "Highest tenth from": AIR}),
    ("province", "Rows received and lost", "A"): Shape(
        20, {"_time": None, "Received": (1_000, 60_000), "Lost": (0, 50)}
    ),
    ("province", "Causes of alerts", "A"): Shape(
        3, {"What": None, "Code": None, "Times": (1, 1), "Schools": (0, 1), "Newest": None}
    ),
}
