"""How much one look at a school's server may take: bytes, records, pages, time, and how often it is asked again."""

import msgspec

MB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True):
    """The defaults hold for a school of some thousand pupils on a slow server."""

    answer_bytes: int = 16 * MB
    file_bytes: int = 128 * MB
    records: int = 400_000
    pages: int = 20_000
    page_records: int = 500
    total_s: float = 1_800.0
    connect_s: float = 10.0
    read_s: float = 60.0
    attempts: int = 5
    backoff_s: float = 1.0
    longest_wait_s: float = 120.0
    readings: int = 3  # of a collection that changes while it is read
    redirects: int = 3
