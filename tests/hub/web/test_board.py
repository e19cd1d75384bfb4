from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hub.web.board import Board

items = st.dictionaries(
    st.sampled_from(["room/a", "room/b", "room/c", "period"]),
    st.dictionaries(st.sampled_from("xyz"), st.integers(0, 3), min_size=1),
    max_size=4,
)


class Copy:
    """What live.js does with the messages."""

    def __init__(self, board: Board) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.mark = ""
        self.take(board.whole(0))

    def take(self, message: bytes | None) -> None:
        if message is None:
            return
        data = msgspec.json.decode(message)
        self.mark = data["id"]
        if "all" in data:
            self.items = data["all"]
            return
        for key, change in data["set"].items():
            self.items.setdefault(key, {}).update(change)
        self.items.update(data.get("put", {}))
        for key in data["gone"]:
            self.items.pop(key, None)

    def plain(self) -> dict[str, dict[str, Any]]:
        """A field that left an item is null in a copy."""
        return {key: {k: v for k, v in item.items() if v is not None} for key, item in self.items.items()}


@given(st.lists(st.tuples(items, st.sampled_from([None, "", "room/"])), max_size=12), st.data())
def test_copies_stay_equal_whether_they_follow_or_return(steps: list[Any], data: st.DataObject) -> None:
    board = Board("b0")
    follower, returner = Copy(board), Copy(board)
    for new, complete_under in steps:
        follower.take(board.put(new, 1, complete_under=complete_under))
        if data.draw(st.booleans()):
            returner.take(board.since(returner.mark, 1))
    returner.take(board.since(returner.mark, 1))
    assert follower.plain() == board.items
    assert returner.plain() == board.items


def test_nothing_is_sent_for_what_did_not_change() -> None:
    board = Board("b0")
    assert board.put({"room/a": {"x": 1, "y": 2}}, 1) is not None
    assert board.put({"room/a": {"x": 1, "y": 2}}, 2) is None
    change = board.put({"room/a": {"x": 1, "y": 3}}, 3)
    assert change is not None
    assert msgspec.json.decode(change)["set"] == {"room/a": {"y": 3}}
    assert board.since(board.mark, 4) is None


def test_a_mark_of_another_start_of_the_hub_gets_everything() -> None:
    board = Board("b1")
    board.put({"room/a": {"x": 1}}, 1)
    for mark in ("", "b0-1", "b1-999", "b1-x", "b1-1000000000000000000000", "nonsense"):
        message = board.since(mark, 2)
        assert message is not None
        assert msgspec.json.decode(message)["all"] == {"room/a": {"x": 1}}
