"""Province overview, for the district and province office: schools compared by aggregates, never by persons."""

from dashboards import frame, looks, province_queries, sql
from dashboards.language import Say
from dashboards.model import GREEN, ORANGE, RED, YELLOW, Json, flux, link
from dashboards.model import sql as sql_target
from dashboards.panels import Highlight, Look, Panel, lines, stat, table
from dashboards.units import PER_HOUR

_LIMIT_PPM = 1_500.0  # one yardstick for all schools; each room's own limit is on the school's dashboards


def page(say: Say) -> frame.Page:
    return frame.Page(
        key="province",
        title=say("Toàn tỉnh", "Province overview"),
        description=say(
            "So sánh các trường bằng số liệu tổng hợp theo quý giờ; không có dữ liệu cá nhân. Trễ 15–30 phút.",
            "Schools compared by quarter-hour aggregates; nothing personal. 15–30 minutes behind.",
        ),
        variables=frame.deployment(),
        annotations=(frame.all_alerts(say),),
        rows=(
            frame.Row(say("Tóm tắt", "In short"), _figures(say)),
            frame.Row(say("Các trường", "Schools"), (_schools(say),)),
            frame.Row(say("Diễn biến", "Course"), _course(say)),
        ),
        begin="now-24h",
        refresh="5m",
    )


def _figures(say: Say) -> tuple[Panel, ...]:
    return (
        stat(
            say,
            say("Số trường", "Schools"),
            say("Trường đã khai báo với hub.", "Schools the hub has been told of."),
            sql_target(sql.COUNT_SCHOOLS),
            Look(base="text"),
            (8, 4),
        ),
        stat(
            say,
            say("Trường đang gửi số liệu", "Schools reporting"),
            say("Có ít nhất một cổng trực tuyến trong 15 phút qua.", "At least one gateway online within 15 minutes."),
            flux(province_queries.schools_reporting()),
            Look(base=RED, steps=((1.0, GREEN),)),
            (8, 4),
        ),
        stat(
            say,
            say("Cảnh báo đang mở", "Open alerts"),
            say("Ở mọi trường.", "In all schools."),
            sql_target(sql.COUNT_ALL_ALERTS),
            Look(steps=((1.0, ORANGE),)),
            (8, 4),
        ),
    )


def _schools(say: Say) -> Panel:
    mean, share = ("CO₂ trung bình (ppm)", "Mean CO₂ (ppm)"), ("CO₂ trên 1500 ppm (%)", "CO₂ above 1,500 ppm (%)")
    dust, warm = ("PM2,5 (µg/m³)", "PM2.5 (µg/m³)"), ("Nhiệt độ (°C)", "Temperature (°C)")
    received, lost = ("Đã nhận (hàng)", "Received (rows)"), ("Mất (hàng)", "Lost (rows)")
    late, online = ("Đến muộn (hàng)", "Late (rows)"), ("Cổng trực tuyến (%)", "Gateways online (%)")
    identity, school = say("Mã trường", "School id"), say("Trường", "School")
    queries = (
        province_queries.online_by_school(say),
        province_queries.mean_by_school("co2_ppm", say, *mean),
        province_queries.share_above("co2_ppm", _LIMIT_PPM, say, *share),
        province_queries.mean_by_school("pm25_ugm3", say, *dust),
        province_queries.mean_by_school("temperature_c", say, *warm),
        province_queries.energy_by_school(say),
        province_queries.rows_by_school("received", say, *received),
        province_queries.rows_by_school("late", say, *late),
        province_queries.rows_by_school("lost", say, *lost),
    )
    targets: list[Json] = [sql_target(sql.schools_compared(say))]
    targets += [flux(query, chr(ord("B") + number)) for number, query in enumerate(queries)]
    alerts = say("Cảnh báo đang mở", "Open alerts")
    return table(
        say,
        say("Các trường so với nhau", "Schools compared"),
        say(
            "Trung bình và tổng của khoảng đang xem; ô trống: không có số liệu.",
            "Means and totals of the range shown; empty: no data.",
        ),
        targets,
        (24, 14),
        join=identity,
        order=[school, say(*online), alerts, say(*mean), say(*share), say(*dust), say(*warm)],
        highlights=[
            Highlight(say(*online), RED, ((50.0, ORANGE), (99.0, GREEN))),
            Highlight(alerts, "transparent", ((1.0, ORANGE),)),
            Highlight(say(*mean), "transparent", looks.CO2_STEPS),
            Highlight(say(*share), "transparent", ((5.0, YELLOW), (20.0, ORANGE), (50.0, RED))),
            Highlight(say(*lost), "transparent", ((1.0, RED),)),
        ],
        links=(_school_link(say, identity),),
    )


def _school_link(say: Say, field: str) -> Json:
    address = f'/d/{frame.uid("school-now", say)}?var-school=${{__data.fields["{field}"]}}'
    return link(say("Xem trường này", "Show this school"), address)


def _course(say: Say) -> tuple[Panel, ...]:
    return (
        lines(
            say,
            say("CO₂ của mọi phòng", "CO₂ of all rooms"),
            say(
                "Trung bình, và mức mà một phần mười số phòng vượt.",
                "The mean, and what a tenth of the rooms is above.",
            ),
            [flux(province_queries.mean_over_time("co2_ppm", say))],
            looks.look("co2_ppm"),
        ),
        lines(
            say,
            say("Hàng nhận được và mất", "Rows received and lost"),
            say("Của mọi cổng, tính theo giờ.", "Of all gateways, by the hour."),
            [flux(province_queries.rows_over_time(say))],
            Look(PER_HOUR, 0, minimum=0.0),
        ),
        table(
            say,
            say("Nguyên nhân cảnh báo", "Causes of alerts"),
            say("Trong khoảng đang xem, nhiều nhất trước.", "In the range shown, the most frequent first."),
            [sql_target(sql.alerts_by_cause(say))],
            (24, 8),
        ),
    )
