from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.school.masks import holds, in_week, is_mask, union, week_number

masks = st.text("01", min_size=1, max_size=12)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(days, st.integers(1, 12), st.booleans())
def test_every_date_falls_on_exactly_one_week_of_a_mask(day: date, length: int, odd_first: bool) -> None:
    number = week_number(day, length, odd_first=odd_first)
    assert 0 <= number < length
    single = ["0" * number + "1" + "0" * (length - number - 1)]
    assert in_week(single[0], day, odd_first=odd_first)
    assert in_week("1" * length, day, odd_first=odd_first)
    assert not in_week("0" * length, day, odd_first=odd_first)


@given(days)
def test_two_weeks_alternate_and_all_days_of_a_week_agree(day: date) -> None:
    monday = day - timedelta(days=day.weekday())
    week = [week_number(monday + timedelta(days=offset), 2) for offset in range(7)]
    assert len(set(week)) == 1
    assert week[0] == (monday.isocalendar().week + 1) % 2
    assert week_number(day, 2, odd_first=False) == 1 - week[0]


@given(days, masks)
def test_a_day_beyond_the_mask_is_not_meant(day: date, mask: str) -> None:
    assert holds(mask, day.weekday()) == (mask[day.weekday()] == "1" if day.weekday() < len(mask) else False)


@given(st.lists(masks, min_size=1, max_size=6))
def test_a_union_holds_where_one_of_its_masks_does(several: list[str]) -> None:
    joined = union(several)
    assert is_mask(joined)
    for position in range(14):
        assert holds(joined, position) == any(holds(mask, position) for mask in several)


@given(st.text(max_size=8))
def test_only_strings_of_0_and_1_are_masks(text: str) -> None:
    assert is_mask(text) == (bool(text) and set(text) <= {"0", "1"})


def test_an_empty_mask_means_every_week() -> None:
    assert in_week("", date(2026, 9, 7))
