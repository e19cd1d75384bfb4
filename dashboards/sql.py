"""SQL over the read-only views of schema `grafana` (they hold no persons): variables, annotations, tables.

Lists are arrays: a school that is not set up yet has none to choose from, and `IN ()` is no SQL.
"""

from dashboards.language import Say

SCHOOLS = "SELECT name AS __text, id AS __value FROM grafana.school ORDER BY name"
BUILDINGS = (
    "SELECT name AS __text, id AS __value FROM grafana.building WHERE school = ${school:sqlstring} ORDER BY name"
)
ROOMS = """SELECT name AS __text, id AS __value FROM grafana.room
WHERE school = ${school:sqlstring} AND building = ANY(ARRAY[${building:sqlstring}]::text[]) ORDER BY name"""
ALL_ROOMS = "SELECT name AS __text, id AS __value FROM grafana.room WHERE school = ${school:sqlstring} ORDER BY name"


def _pairs(key: str, value: str, table: str, first: str) -> str:
    """One text that is the inside of a Flux array of records, so that Flux can look up what only SQL knows.

    The first pair stands for "unknown": Flux refuses an empty dictionary.
    """
    pair = f"'{{key: \"' || {key} || '\", value: ' || {value} || '}}'"
    pairs = f"string_agg({pair}, ', ' ORDER BY {key})"
    return f"SELECT concat_ws(', ', '{first}', {pairs}) FROM {table} WHERE school = ${{school:sqlstring}}"  # noqa: S608


# Inside a Flux text \ " and ${ mean something; names are typed by people.
_QUOTED_NAME = r"""'"' || replace(replace(replace(name, '\', '\\'), '"', '\"'), '${', '\${') || '"'"""
_LIMIT = "to_char(co2_limit_ppm, 'FM9999990.0')"

ROOM_NAMES = _pairs("id", _QUOTED_NAME, "grafana.room", '{key: "_", value: "—"}')
DEVICE_NAMES = _pairs("id", _QUOTED_NAME, "grafana.device", '{key: "_", value: "—"}')
GATEWAY_NAMES = _pairs("id", _QUOTED_NAME, "grafana.gateway", '{key: "_", value: "—"}')
CO2_LIMITS = _pairs("id", _LIMIT, "grafana.room", '{key: "_", value: 1000.0}')

# Rooms something hangs in, as the inside of a Flux array; the first is none.
EXPECTED_ROOMS = """SELECT concat_ws(', ', '{room: "_"}',
  string_agg(DISTINCT '{room: "' || room || '"}', ', ' ORDER BY '{room: "' || room || '"}'))
FROM grafana.device WHERE school = ${school:sqlstring} AND room IS NOT NULL"""

LESSON_MARKS = """SELECT start_time AS time, end_time AS timeend, subject || ' · ' || classes AS text, room AS tags
FROM grafana.lesson
WHERE school = ${school:sqlstring} AND room = ANY(ARRAY[${room:sqlstring}]::text[])
  AND start_time < $__timeTo() AND end_time > $__timeFrom()
ORDER BY start_time LIMIT 500"""

_OPEN_OR_SEEN = "opened < $__timeTo() AND (closed IS NULL OR closed > $__timeFrom())"


def alert_marks(say: Say, where: str = "school = ${school:sqlstring}") -> str:
    return f"""SELECT opened AS time, COALESCE(closed, opened) AS timeend, text_{say.language} AS text, severity AS tags
FROM grafana.alert
WHERE {where} AND {_OPEN_OR_SEEN}
ORDER BY opened DESC LIMIT 500"""  # noqa: S608


def open_alerts(say: Say) -> str:
    return f"""SELECT opened AS "{say("Từ lúc", "Since")}", COALESCE(r.name, '—') AS "{say("Phòng", "Room")}",
  CASE severity WHEN 'critical' THEN '{say("nghiêm trọng", "critical")}' ELSE '{say("cảnh báo", "warning")}' END
    AS "{say("Mức", "Severity")}",
  text_{say.language} AS "{say("Việc gì", "What")}"
FROM grafana.alert a LEFT JOIN grafana.room r ON r.school = a.school AND r.id = a.room
WHERE (a.school = ${{school:sqlstring}} OR a.school IS NULL) AND opened < $__timeTo()
  AND (closed IS NULL OR closed > $__timeTo())
ORDER BY severity, opened DESC LIMIT 200"""  # noqa: S608


COUNT_ALERTS = """SELECT count(*) AS value FROM grafana.alert
WHERE (school = ${school:sqlstring} OR school IS NULL) AND opened < $__timeTo()
  AND (closed IS NULL OR closed > $__timeTo())"""


def lesson_strip(say: Say) -> str:
    """A lesson's name at its start and nothing at its end: what a state timeline draws as a strip."""
    return f"""SELECT time, lesson AS "{say("Tiết học", "Lesson")}" FROM (
  SELECT start_time AS time, subject || ' · ' || classes AS lesson FROM grafana.lesson
  WHERE school = ${{school:sqlstring}} AND room = ${{room:sqlstring}}
    AND start_time < $__timeTo() AND end_time > $__timeFrom()
  UNION ALL
  SELECT l.end_time, NULL FROM grafana.lesson l
  WHERE l.school = ${{school:sqlstring}} AND l.room = ${{room:sqlstring}}
    AND l.start_time < $__timeTo() AND l.end_time > $__timeFrom()
    AND NOT EXISTS (SELECT 1 FROM grafana.lesson n WHERE n.school = l.school AND n.room = l.room
      AND n.start_time <= l.end_time AND n.end_time > l.end_time)
) AS strip ORDER BY time"""  # noqa: S608


def lessons_now(say: Say) -> str:
    return f"""SELECT r.name AS "{say("Phòng", "Room")}", r.id AS "{say("Mã", "Id")}",
  COALESCE(min(l.subject || ' · ' || l.classes), '—') AS "{say("Tiết đang học", "Lesson now")}"
FROM grafana.room r LEFT JOIN grafana.lesson l ON l.school = r.school AND l.room = r.id
  AND l.start_time <= $__timeTo() AND l.end_time > $__timeTo()
WHERE r.school = ${{school:sqlstring}} AND r.id = ANY(ARRAY[${{room:sqlstring}}]::text[])
GROUP BY r.name, r.id ORDER BY r.name"""  # noqa: S608


def schools_compared(say: Say) -> str:
    return f"""SELECT s.id AS "{say("Mã trường", "School id")}", s.name AS "{say("Trường", "School")}",
  (SELECT count(*) FROM grafana.room r WHERE r.school = s.id) AS "{say("Phòng", "Rooms")}",
  (SELECT count(*) FROM grafana.device d WHERE d.school = s.id) AS "{say("Thiết bị", "Devices")}",
  (SELECT count(*) FROM grafana.alert a WHERE a.school = s.id AND a.opened < $__timeTo()
    AND (a.closed IS NULL OR a.closed > $__timeTo())) AS "{say("Cảnh báo đang mở", "Open alerts")}"
FROM grafana.school s ORDER BY s.name"""  # noqa: S608


COUNT_SCHOOLS = "SELECT count(*) AS value FROM grafana.school"
COUNT_ALL_ALERTS = """SELECT count(*) AS value FROM grafana.alert
WHERE opened < $__timeTo() AND (closed IS NULL OR closed > $__timeTo())"""


def alerts_by_cause(say: Say) -> str:
    return f"""SELECT min(text_{say.language}) AS "{say("Việc gì", "What")}", code AS "{say("Mã", "Code")}",
  count(*) AS "{say("Số lần", "Times")}", count(DISTINCT school) AS "{say("Số trường", "Schools")}",
  max(opened) AS "{say("Lần gần nhất", "Newest")}"
FROM grafana.alert WHERE {_OPEN_OR_SEEN}
GROUP BY code ORDER BY count(*) DESC LIMIT 50"""  # noqa: S608


def devices_of_room(say: Say) -> str:
    return f"""SELECT name AS "{say("Thiết bị", "Device")}", model AS "{say("Kiểu", "Model")}",
  id AS "{say("Mã", "Id")}" FROM grafana.device
WHERE school = ${{school:sqlstring}} AND room = ${{room:sqlstring}} ORDER BY name"""  # noqa: S608


def devices_of_school(say: Say) -> str:
    return f"""SELECT d.id AS "{say("Mã", "Id")}", d.name AS "{say("Thiết bị", "Device")}",
  d.model AS "{say("Kiểu", "Model")}", d.gateway AS "{say("Cổng", "Gateway")}",
  COALESCE(r.name, '—') AS "{say("Phòng", "Room")}"
FROM grafana.device d LEFT JOIN grafana.room r ON r.school = d.school AND r.id = d.room
WHERE d.school = ${{school:sqlstring}} ORDER BY d.name"""  # noqa: S608
