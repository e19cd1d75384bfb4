"""What a gateway is set to: versions, repeats until it confirms, hubs and gateways that were restored."""

import asyncio

import msgspec
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from hub.commands.command import Refused
from hub.commands.configurations import KEPT_VERSIONS, RESEND_MS, TABLE, UNCONFIRMED_MS, check
from tests.hub.commands.desks import GATEWAY, SCHOOL, Site
from wire.mapping import Mapping, remote_settings

CO2 = Mapping("vuon/+/khi", "co2_ppm", "co2", "{1}")


@pytest.fixture
def site(state_engine: Engine) -> Site:
    return Site(state_engine)


async def test_sent_at_once_and_every_thirty_seconds_until_it_is_confirmed(site: Site) -> None:
    made = site.configurations()
    stored = await made.accept(SCHOOL, GATEWAY, CO2, "op")
    sent = site.configured()
    assert [each.config_version for each in sent] == [1]
    assert remote_settings(sent[0].settings).mappings == [CO2]
    assert made.pending(SCHOOL, GATEWAY)
    times, began_ms = [], site.now_ms
    while site.now_ms < began_ms + 100_000:
        site.now_ms += 2_000
        await made.send_configurations()
        times += [site.now_ms - began_ms for _ in site.configured()]
    assert times == [RESEND_MS, 2 * RESEND_MS, 3 * RESEND_MS]
    site.config_version = stored.version
    site.now_ms += RESEND_MS
    await made.send_configurations()
    assert (made.pending(SCHOOL, GATEWAY), site.configured()) == (False, [])
    assert made.figures() == {"configurations_pending": 0}


async def test_a_gateway_that_was_away_or_has_a_new_card_is_sent_it_at_once(site: Site) -> None:
    made = site.configurations()
    site.online = False
    await made.accept(SCHOOL, GATEWAY, CO2, "op")
    await made.send_configurations()
    assert site.configured() == []
    site.online = True
    await made.send_configurations()
    assert len(site.configured()) == 1
    site.config_version = 1
    await made.send_configurations()
    site.config_version = 0  # another card in the same gateway
    await made.send_configurations()
    assert len(site.configured()) == 1


async def test_a_figure_has_one_meaning_a_quantity_and_a_removed_one_is_the_next_version(site: Site) -> None:
    made = site.configurations()
    await made.accept(SCHOOL, GATEWAY, CO2, "op")
    better = msgspec.structs.replace(CO2, scale=0.1)
    stored = await made.accept(SCHOOL, GATEWAY, better, "op")
    assert (stored.version, stored.mappings) == (2, (better,))
    await made.accept(SCHOOL, GATEWAY, Mapping("vuon/+/khi", "temperature_c", "t"), "op")
    stored = await made.remove(SCHOOL, GATEWAY, (CO2.topic, "co2", "co2_ppm"), "cô Hoa")
    assert (stored.version, len(stored.mappings), stored.by) == (4, 1, "cô Hoa")
    with pytest.raises(Refused) as refused:
        await made.remove(SCHOOL, GATEWAY, (CO2.topic, "co2", "co2_ppm"), "op")
    assert refused.value.status == 404
    again = site.configurations()
    await again.restore()
    assert again.of(SCHOOL, GATEWAY) == stored


async def test_a_hub_back_from_a_backup_goes_on_above_what_its_gateway_uses(site: Site) -> None:
    made = site.configurations()
    await made.accept(SCHOOL, GATEWAY, CO2, "op")
    site.config_version = 7
    site.configured()
    await made.send_configurations()
    assert site.configured() == []  # an older version is never sent
    stored = await made.accept(SCHOOL, GATEWAY, Mapping("a/b", "humidity_pct"), "op")
    assert stored.version == 8


async def test_a_change_while_the_gateway_is_unheard_lies_above_what_it_may_use(site: Site) -> None:
    """The hub came back from a backup at version 1, the gateway is away and uses 2: another 2 would never be sent."""
    made = site.configurations()
    await made.accept(SCHOOL, GATEWAY, CO2, "op")
    site.spoke, site.online = False, False
    stored = await made.accept(SCHOOL, GATEWAY, Mapping("a/b", "humidity_pct"), "op")
    site.spoke, site.online, site.config_version = True, True, 2
    site.now_ms += RESEND_MS
    site.configured()
    assert made.pending(SCHOOL, GATEWAY)
    await made.send_configurations()
    assert [each.config_version for each in site.configured()] == [stored.version]
    site.config_version = stored.version
    assert (await made.accept(SCHOOL, GATEWAY, CO2, "op")).version == stored.version + 1


def test_a_place_no_wildcard_fills_is_refused_before_any_gateway_has_it() -> None:
    check(msgspec.structs.replace(CO2, topic="a/+/#", device="{2}-{1}"))
    with pytest.raises(Refused) as refused:
        check(msgspec.structs.replace(CO2, device="{2}"))
    assert refused.value.field == "device"
    assert "{2}" in refused.value.text.en


async def test_changes_at_one_moment_all_stand(site: Site) -> None:
    made = site.configurations()
    mappings = [Mapping(f"vuon/{n}", "co2_ppm") for n in range(30)]
    await asyncio.gather(*(made.accept(SCHOOL, GATEWAY, mapping, "op") for mapping in mappings))
    stored = made.of(SCHOOL, GATEWAY)
    assert stored is not None
    assert (stored.version, set(stored.mappings)) == (30, set(mappings))
    with site.engine.connect() as connection:
        kept = sorted(connection.execute(select(TABLE.c.version)).scalars())
    assert kept == list(range(30 - KEPT_VERSIONS + 1, 31))


async def test_a_write_that_failed_after_all_or_not_leaves_no_gap(site: Site) -> None:
    made = site.configurations()
    works = site.way.in_thread

    async def commits_and_fails(work: object) -> None:
        await works(work)  # type: ignore[arg-type]
        raise OperationalError("commit", {}, Exception("the connection is gone"))

    object.__setattr__(site.way, "in_thread", commits_and_fails)
    with pytest.raises(OperationalError):
        await made.accept(SCHOOL, GATEWAY, CO2, "op")
    assert site.configured() == []
    object.__setattr__(site.way, "in_thread", works)
    stored = await made.accept(SCHOOL, GATEWAY, Mapping("a/b", "humidity_pct"), "op")
    assert (stored.version, len(stored.mappings)) == (2, 2)


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        (Mapping("a/b", "co3_ppm"), "quantity"),
        (Mapping("a/#/b", "co2_ppm"), "topic"),
        (Mapping("a/b+", "co2_ppm"), "topic"),
        (Mapping("a\n", "co2_ppm"), "topic"),
        (Mapping("a", "co2_ppm", scale=0.0), "scale"),
        (Mapping("a", "co2_ppm", scale=float("nan")), "scale"),
        (Mapping("a", "co2_ppm", offset=float("inf")), "offset"),
    ],
)
async def test_what_no_gateway_could_use_is_refused(site: Site, mapping: Mapping, field: str) -> None:
    made = site.configurations()
    with pytest.raises(Refused) as refused:
        await made.accept(SCHOOL, GATEWAY, mapping, "op")
    assert refused.value.field == field
    assert made.of(SCHOOL, GATEWAY) is None


async def test_too_much_for_one_message_and_gateways_nobody_accepted_are_refused(site: Site) -> None:
    made = site.configurations()
    long = Mapping("x" * 390, "co2_ppm", "p" * 180, "d" * 180)
    taken = 0
    for n in range(600):
        try:
            await made.accept(SCHOOL, GATEWAY, msgspec.structs.replace(long, topic=f"{n}/{long.topic}"[:400]), "op")
        except Refused:
            break
        taken += 1
    stored = made.of(SCHOOL, GATEWAY)
    assert stored is not None
    assert (250 < taken < 512, len(stored.mappings), stored.version) == (True, taken, taken)
    with pytest.raises(Refused):
        await made.accept(SCHOOL, "g9", CO2, "op")


async def test_a_gateway_that_is_there_and_does_not_confirm_is_told(site: Site) -> None:
    made = site.configurations()
    await made.accept(SCHOOL, GATEWAY, CO2, "op")
    for _ in range(UNCONFIRMED_MS // RESEND_MS + 1):
        assert made.problems() == []
        site.now_ms += RESEND_MS
        await made.send_configurations()
    assert [(notice.code, notice.school, notice.subject) for notice in made.problems()] == [
        ("configuration.unconfirmed", SCHOOL, GATEWAY)
    ]
    site.config_version = 1
    await made.send_configurations()
    assert made.problems() == []
