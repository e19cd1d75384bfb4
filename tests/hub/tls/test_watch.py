"""When a certificate is spoken of, and how."""

import pytest

from hub.tls.watch import DAY_MS, Watched, certificate_notices, days_left, unreadable_notice

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("left_days", "severity"),
    [(31, None), (30, None), (29.9, "warning"), (7, "warning"), (6.9, "critical"), (0, "critical"), (-3, "critical")],
)
def test_thirty_days_warn_and_seven_are_critical(left_days: float, severity: str | None) -> None:
    found = certificate_notices([Watched("web", "/etc/web.crt", NOW + int(left_days * DAY_MS))], NOW)
    assert [notice.severity for notice in found] == ([] if severity is None else [severity])


def test_each_certificate_has_its_own_stable_code() -> None:
    ends = NOW + 2 * DAY_MS
    found = certificate_notices(
        [Watched("web", "w", ends), Watched("broker", "b", ends), Watched("ca", "c", ends)], NOW
    )
    assert [notice.code for notice in found] == ["certificate.web", "certificate.broker", "certificate.ca"]
    assert [notice.subject for notice in found] == ["w", "b", "c"]
    later = certificate_notices([Watched("web", "w", ends)], NOW + DAY_MS)
    assert later[0].code == found[0].code


def test_the_words_hold_the_day_and_the_mend() -> None:
    (soon,) = certificate_notices([Watched("web", "/etc/web.crt", NOW + DAY_MS + 1)], NOW)
    assert "in 1 day (2027-01-16)" in soon.text.en
    assert "classhub tls renew" in soon.text.vi
    (ended,) = certificate_notices([Watched("ca", "/etc/ca.crt", NOW - 1)], NOW)
    assert "đã hết hạn ngày 2027-01-15" in ended.text.vi
    assert "every gateway" in ended.text.en
    assert days_left(NOW - 1, NOW) == -1


def test_an_unreadable_file_is_critical() -> None:
    notice = unreadable_notice("web", "/etc/web.crt", "no PEM")
    assert (notice.code, notice.severity) == ("certificate.web", "critical")
    assert "no PEM" in notice.text.vi
