"""All gateways the hub is in contact with: online or not, since when, what they say of themselves, what was counted."""

import logging
from collections.abc import Callable
from itertools import islice

import msgspec

from hub.ingest.contact import Contact
from hub.ingest.epochs import StreamLedgers, sum_accounts
from hub.ingest.ledger import EpochLedger
from hub.ingest.reports import SILENT_MS, health_of, view_of
from hub.live.views import GatewayView
from hub.registry.model import Gateway, GatewayStatus
from hub.registry.registry import Registry
from hub.stores.series import GatewayMinute, Mark
from wire.messages import GatewayState, Stream
from wire.text import Text
from wire.topics import Channel, gateway_topic

_log = logging.getLogger(__name__)
ALTERNATION_MS = 600_000
KEPT_BOOTS = 4
MOST_ACCEPTING = 512  # devices of one gateway that take orders, and orders of one device
STRANGER_KEPT_MS = 600_000  # a gateway nobody accepted asks every 30 s: one that stopped asking gives its place up


class Gateways:
    """Contacts by name, bounded for gateways nobody accepted. Event loop only, but for `views`, which only reads."""

    def __init__(self, registry: Registry, pending_limit: int) -> None:
        self._registry = registry
        self._pending_limit = pending_limit
        self._contacts: dict[tuple[str, str], Contact] = {}
        self._strangers: set[tuple[str, str]] = set()  # neither accepted nor refused: these are bounded
        self._refused: set[tuple[str, str]] = set()  # bounded by the registry, where a person refused each
        self._sorted_version = registry.version
        self._unnoted: set[tuple[str, str]] = set()
        self.changed: set[tuple[str, str]] = set()
        self.turned_away = 0
        self.said_elsewhere: Callable[[str, str], list[Text]] = lambda _school, _gateway: []

    def contact(self, school: str, gateway: str) -> Contact | None:
        """The contact, made on first sight; None where too many strangers wait already."""
        key = (school, gateway)
        contact = self._contacts.get(key)
        if contact is not None:
            return contact
        if not self._registry.accepted(school, gateway):
            if not self._has_room(key):
                self.turned_away += 1
                return None
            (self._refused if self._is_refused(key) else self._strangers).add(key)
        contact = Contact(school, gateway, gateway_topic(school, gateway, Channel.ACK))
        self._contacts[key] = contact
        return contact

    def _has_room(self, stranger: tuple[str, str]) -> bool:
        """Whether one more may be listened to; those that a person has judged since are strangers no more."""
        if len(self._strangers) >= self._pending_limit and self._sorted_version != self._registry.version:
            self._sorted_version = self._registry.version
            refused = {name for name in self._strangers if self._is_refused(name)}
            self._strangers -= refused
            self._refused |= refused
        return len(self._strangers) < self._pending_limit or self._is_refused(stranger)

    def _is_refused(self, name: tuple[str, str]) -> bool:
        known = self._registry.gateway(*name)
        return known is not None and known.status is GatewayStatus.REFUSED

    def restore(self, marks: list[Mark]) -> None:
        """Take up every stream where it was committed; marks may come in any order."""
        for mark in sorted(marks, key=lambda each: each.first_seen_ms):
            key = (mark.school, mark.gateway)
            contact = self._contacts.get(key)
            if contact is None:
                topic = gateway_topic(mark.school, mark.gateway, Channel.ACK)
                contact = self._contacts[key] = Contact(mark.school, mark.gateway, topic)
            ledgers: StreamLedgers = contact.line(Stream(mark.stream)).ledgers
            ledgers.restore(mark.epoch, mark.first_seen_ms, _ledger(mark))

    def pending(self, contact: Contact) -> None:
        """An unaccepted gateway spoke: list it (written by `take_unnoted`'s caller) unless it is known as such."""
        if self._registry.gateway(contact.school, contact.gateway) is None:
            self._unnoted.add((contact.school, contact.gateway))

    def newly_accepted(self) -> list[Contact]:
        """Strangers that somebody accepted since the last call: they are waiting to hear it."""
        accepted = [name for name in self._strangers | self._refused if self._registry.accepted(*name)]
        self._strangers.difference_update(accepted)
        self._refused.difference_update(accepted)
        self.changed.update(accepted)
        return [self._contacts[name] for name in accepted]

    def note_silence(self, now_ms: int) -> None:
        """Gateways whose heartbeat stays away are offline, whatever their last word was."""
        for key, contact in self._contacts.items():
            if contact.online and now_ms - (contact.last_seen_ms or 0) > SILENT_MS:
                contact.online = False
                contact.since_ms = contact.last_seen_ms
                self.changed.add(key)
        self._forget_strangers(now_ms - STRANGER_KEPT_MS)

    def _forget_strangers(self, before_ms: int) -> None:
        """Names that came once and are silent since; whatever was accepted meanwhile stays."""
        for name in self._strangers | self._refused:
            if (self._contacts[name].last_seen_ms or 0) < before_ms and not self._registry.accepted(*name):
                del self._contacts[name]
                self._strangers.discard(name)
                self._refused.discard(name)

    def take_unnoted(self) -> list[tuple[str, str]]:
        unnoted, self._unnoted = list(self._unnoted), set()
        return unnoted

    def note_again(self, names: list[tuple[str, str]]) -> None:
        """They could not be listed now."""
        self._unnoted.update(names)

    def heard(self, contact: Contact, state: GatewayState, now_ms: int, *, retained: bool) -> None:
        """Enter a state message. A will of an earlier run of the gateway changes nothing."""
        if not state.online and contact.state is not None and contact.state.boot != state.boot and contact.online:
            return
        if state.online and not retained:
            self._note_boot(contact, state.boot, now_ms)
        if state.online:
            contact.state = _bounded(state)
        contact.last_seen_ms = _seen(contact, state, now_ms, retained=retained)
        if state.online != contact.online or contact.since_ms is None:
            contact.online = state.online
            contact.since_ms = contact.last_seen_ms
        self.changed.add((contact.school, contact.gateway))

    def state_of(self, school: str, gateway: str) -> GatewayState | None:
        """What an accepted gateway last said of itself while it was there."""
        contact = self._contacts.get((school, gateway))
        return contact.state if contact is not None and self._registry.accepted(school, gateway) else None

    def is_online(self, school: str, gateway: str) -> bool:
        """Whether it says so, and has been heard lately (`note_silence`)."""
        contact = self._contacts.get((school, gateway))
        return contact is not None and contact.online

    def _note_boot(self, contact: Contact, boot: str, now_ms: int) -> None:
        if contact.boots and contact.boots[-1] == boot:
            return
        if boot in contact.boots:
            contact.alternated_ms = now_ms
            contact.boots.remove(boot)
        else:
            contact.skew.forget()
        contact.boots.append(boot)
        del contact.boots[:-KEPT_BOOTS]

    def views(self, school: str | None, now_ms: int) -> list[GatewayView]:
        """Registered and pending gateways, of one school or all, whether or not they ever spoke to this hub."""
        return [self.view(gateway, now_ms) for gateway in self._registry.gateways(school)]

    def view(self, gateway: Gateway, now_ms: int) -> GatewayView:
        contact = self._contacts.get((gateway.school, gateway.id))
        view = view_of(gateway, contact, now_ms, alternating=_alternating(contact, now_ms))
        more = self.said_elsewhere(gateway.school, gateway.id)
        return msgspec.structs.replace(view, problems=(*view.problems, *more)) if more else view

    def accepted(self) -> list[Gateway]:
        """Those with a history of their own; strangers have none, or they could fill the store."""
        return [each for each in self._registry.gateways(None) if each.status is GatewayStatus.ACCEPTED]

    def health(self, gateway: Gateway, t_ms: int, now_ms: int) -> GatewayMinute:
        """Its figures, for its history."""
        return health_of(self.view(gateway, now_ms), t_ms)

    def take_changed(self, now_ms: int) -> tuple[GatewayView, ...]:
        """Views of the gateways whose state changed since the last call."""
        names, self.changed = self.changed, set()
        known = [self._registry.gateway(*name) for name in names]
        return tuple(self.view(gateway, now_ms) for gateway in known if gateway is not None)

    def counts(self) -> tuple[int, int, int]:
        """How many are registered, online, pending."""
        gateways = self._registry.gateways(None)
        online = sum(contact.online for contact in list(self._contacts.values()))
        pending = sum(gateway.status is GatewayStatus.PENDING for gateway in gateways)
        return len(gateways), online, pending

    def account(self) -> dict[str, int]:
        """Rows of all gateways by their end. From any thread: it reads copies."""
        contacts = list(self._contacts.values())
        whole = sum_accounts([line.ledgers.account() for each in contacts for line in (each.tele, each.event)])
        kinds = ("expected", "received", "duplicate", "late", "lost", "overwritten", "quarantined", "outstanding")
        return {kind: getattr(whole, kind) for kind in kinds} | {"dropped": sum(whole.dropped.values())}


def _bounded(state: GatewayState) -> GatewayState:
    """Kept for every gateway of a province: what takes orders is bounded, as all else in a state is already."""
    if len(state.accepts) <= MOST_ACCEPTING and all(len(orders) <= MOST_ACCEPTING for orders in state.accepts.values()):
        return state
    some = islice(state.accepts.items(), MOST_ACCEPTING)
    return msgspec.structs.replace(state, accepts={device: orders[:MOST_ACCEPTING] for device, orders in some})


def _ledger(mark: Mark) -> EpochLedger:
    """A mark that cannot be read starts the account anew: rows that come again are found in the store."""
    try:
        return EpochLedger.restore(mark.ledger)
    except msgspec.MsgspecError as broken:
        _log.warning("mark of %s.%s %s %s unreadable: %s", mark.school, mark.gateway, mark.stream, mark.epoch, broken)
        return EpochLedger()


def _alternating(contact: Contact | None, now_ms: int) -> bool:
    return contact is not None and contact.alternated_ms is not None and now_ms - contact.alternated_ms < ALTERNATION_MS


def _seen(contact: Contact, state: GatewayState, now_ms: int, *, retained: bool) -> int:
    """A retained state may be old: it says itself when it was made, within what can be true."""
    if not retained:
        return now_ms
    claimed = now_ms if state.at is None else min(state.at, now_ms)
    return max(claimed, contact.last_seen_ms or 0)
