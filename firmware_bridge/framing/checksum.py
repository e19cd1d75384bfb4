"""The sums that devices put behind their frames; each answers what is wrong, or None."""

from wire.text import Text


def wrong_sum(found: int, expected: int) -> Text | None:
    """The words for a sum that differs; `expected` is what the frame's bytes add up to."""
    if found == expected:
        return None
    return Text(
        f"mã kiểm tra 0x{found:02X}, tính ra 0x{expected:02X}",
        f"checksum 0x{found:02X}, calculated 0x{expected:02X}",
    )


def negated_sum(body: bytes) -> int:
    """Two's complement of the sum of `body`, one byte (Winsen sensors: MH-Z19, ZH0xx)."""
    return -sum(body) & 0xFF


def plain_sum(body: bytes) -> int:
    """Sum of `body`, two bytes (Plantower sensors: PMSx003)."""
    return sum(body) & 0xFFFF


def low_sum(body: bytes) -> int:
    """Sum of `body`, one byte (Nova SDS0xx, GY modules)."""
    return sum(body) & 0xFF


def inverted_sum(body: bytes) -> int:
    """Bits of the sum of `body` inverted, one byte (Sensirion SHDLC)."""
    return ~sum(body) & 0xFF
