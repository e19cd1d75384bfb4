"""The desk on both databases, its time moved by hand: what is sent, what is not any more, and how orders end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from hub import audit
from hub.commands.command import GRACE_MS, RESEND_MS, Issued, Refused, Wanted, answer_of, takes
from hub.commands.desk import MOST_ANSWERS, CommandDesk
from hub.ingest.events import EventStore, StoredEvent
from tests.hub.commands.desks import DEVICE, GATEWAY, SCHOOL, Site
from wire.orders import OrderKind

OFF = Wanted(SCHOOL, DEVICE, "display_off", "", "cô Hoa")


@pytest.fixture
def site(state_engine: Engine) -> Site:
    return Site(state_engine)


def row(desk: CommandDesk, order: Issued) -> Issued:
    return next(each for each in desk.book.of_school(SCHOOL, 100) if each.id == order.id)


async def test_sent_again_every_five_seconds_until_it_expires_and_then_timed_out(site: Site) -> None:
    desk = site.desk()
    order = await desk.issue(OFF)
    assert [sent.id for sent in site.orders()] == [order.id]
    times = []
    while site.now_ms < order.expires_ms + GRACE_MS + 2_000:
        site.now_ms += 500
        await desk.carry_orders()
        times += [site.now_ms - order.created_ms for _ in site.orders()]
    assert times == list(range(RESEND_MS, 30_001, RESEND_MS))
    ended = row(desk, order)
    assert (ended.result, ended.answered_ms) == ("timed_out", None)
    assert ended.sent_ms == order.created_ms
    assert desk.figures()["commands_open"] == 0


async def test_a_broker_or_a_gateway_that_is_away_gets_it_within_its_time_or_never(site: Site) -> None:
    desk = site.desk()
    site.broker = False
    first = await desk.issue(OFF)
    site.broker, site.online = True, False
    await desk.carry_orders()
    assert site.orders() == []
    site.now_ms, site.online = first.expires_ms, True
    await desk.carry_orders()
    assert [sent.id for sent in site.orders()] == [first.id]
    site.broker = False
    second = await desk.issue(OFF)
    site.now_ms, site.broker = second.expires_ms + 1, True
    await desk.carry_orders()
    assert site.orders() == []
    assert row(desk, second).result == "expired"


async def test_revoked_meanwhile_it_is_not_sent(site: Site) -> None:
    desk = site.desk()
    await desk.issue(OFF)
    site.orders()
    site.registry.refuse_gateway(SCHOOL, GATEWAY)
    site.now_ms += RESEND_MS
    await desk.carry_orders()
    assert site.orders() == []
    with pytest.raises(Refused) as refused:
        await desk.issue(OFF)
    assert refused.value.status == 409


async def test_a_new_hub_takes_up_what_is_open_and_sends_nothing_that_is_too_old(site: Site) -> None:
    desk = site.desk()
    old, young = await desk.issue(OFF), await desk.issue(Wanted(SCHOOL, DEVICE, "display_on", "", "op", 300))
    site.orders()
    site.now_ms = old.expires_ms + 1_000
    again = site.desk()
    await again.restore()
    await again.carry_orders()
    assert [sent.id for sent in site.orders()] == [young.id]
    assert row(again, old).result is None  # its result may still be on its way
    site.now_ms = old.expires_ms + GRACE_MS + 1
    await again.carry_orders()
    assert row(again, old).result == "timed_out"  # whether it was sent is not known: never said to be "not carried out"
    assert again.last(SCHOOL, DEVICE) is not None
    assert {order.id for order in again.recent(SCHOOL)} == {old.id, young.id}


async def test_a_result_that_was_stored_and_not_written_down_is_found_at_the_start(site: Site) -> None:
    desk = site.desk()
    order = await desk.issue(OFF)
    event = site.result({"command": order.id, "result": "done", "detail_en": "it was on"})
    EventStore(site.engine).commit([StoredEvent(event, "aa", 1)], [])
    again = site.desk()
    await again.restore()
    ended = row(again, order)
    assert (ended.result, ended.detail.en, ended.answered_ms) == ("done", "it was on", event.received_ms)
    assert again.figures()["commands_open"] == 0
    third = site.desk()
    await third.restore()
    assert [each.what for each in audit.entries(site.engine) if order.id in each.what] == [
        f"command_result {SCHOOL}/{DEVICE} display_off: done ({order.id})"
    ]


async def test_a_database_that_fails_loses_no_result_and_sends_no_order(site: Site) -> None:
    desk = site.desk()
    first = await desk.issue(OFF)
    site.orders()
    works = site.way.in_thread

    async def fails(_work: object) -> None:
        raise OperationalError("insert", {}, Exception("disk full"))

    object.__setattr__(site.way, "in_thread", fails)
    with pytest.raises(OperationalError):
        await desk.issue(OFF)
    assert site.orders() == []
    desk.told([site.result({"command": first.id, "result": "done"})])
    shown = desk.last(SCHOOL, DEVICE)
    assert shown is not None
    assert shown.result == "done"  # pages know at once
    with pytest.raises(OperationalError):
        await desk.carry_orders()
    object.__setattr__(site.way, "in_thread", works)
    await desk.carry_orders()
    assert row(desk, first).result == "done"
    site.now_ms += 600_000
    await desk.carry_orders()
    assert len(desk.book.of_school(SCHOOL, 10)) == 1  # the other was never written, and never sent


async def test_strange_results_change_nothing_and_are_bounded(site: Site) -> None:
    desk = site.desk()
    order = await desk.issue(OFF)
    strange: list[object] = [None, [], {}, {"command": order.id}, {"command": order.id, "result": ["done"]}]
    strange += [{"command": 1, "result": "done"}, {"command": order.id, "result": "perfect"}, {"result": "done"}]
    desk.told([site.result(data) for data in strange])
    desk.told([site.result({"command": order.id, "result": "done"}, gateway="g2")])
    desk.told([site.result({"command": f"flood-{n}", "result": "done"}) for n in range(2 * MOST_ANSWERS)])
    assert desk.figures()["command_results_waiting"] == MOST_ANSWERS
    assert desk.figures()["command_results_dropped_total"] > 0
    await desk.carry_orders()
    assert row(desk, order).result is None
    desk.told([site.result({"command": f"flood-{n}", "result": "done"}) for n in range(MOST_ANSWERS)])
    desk.told([site.result({"command": order.id, "result": "refused", "detail_vi": "x" * 999, "detail_en": 7})])
    await desk.carry_orders()
    ended = row(desk, order)
    assert (ended.result, len(ended.detail.vi), ended.detail.en) == ("refused", 200, "")


async def test_old_rows_go_after_four_hundred_days(site: Site) -> None:
    desk = site.desk()
    await desk.issue(OFF)
    desk.book.forget_before(site.now_ms + 399 * 86_400_000)
    assert len(desk.book.of_school(SCHOOL, 10)) == 1
    desk.book.forget_before(site.now_ms + 401 * 86_400_000)
    assert desk.book.of_school(SCHOOL, 10) == []


def test_what_a_device_takes() -> None:
    accepts = ["display_off", "display_input:hdmi1", "calibrate_to", "enrol", "measuring_range:5000"]
    taken = [("display_off", ""), ("display_input", "hdmi1"), ("calibrate_to", "415"), ("enrol", ""), ("enrol", "12")]
    refused = [("display_on", ""), ("display_off", "now"), ("display_input", "hdmi2"), ("display_input", "")]
    refused += [("calibrate_to", ""), ("measuring_range", "2000"), ("measuring_range", "")]
    assert all(takes(accepts, kind, value) for kind, value in taken)
    assert not any(takes(accepts, kind, value) for kind, value in refused)
    assert set(OrderKind) >= {kind for kind, _ in taken + refused}


KEYS = st.sampled_from(["command", "result", "detail_vi", "detail_en", "confirmed"]) | st.text()
SIMPLE = st.none() | st.booleans() | st.floats() | st.text()


@given(st.recursive(SIMPLE, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
def test_no_event_data_raises(data: object) -> None:
    found = answer_of(SCHOOL, GATEWAY, data, 1)
    assert found is None or (found.id and len(found.detail.vi) <= 200)
