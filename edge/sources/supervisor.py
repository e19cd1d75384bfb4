"""Keeps a source running: what it raises is an error of ours, reported and survived, never the end of the others."""

import asyncio
import logging

from edge.sources.source import Sink, Source

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
_GOOD_RUN_S = 60.0


async def supervise(source: Source, sink: Sink) -> None:
    """Until cancelled, or until a source that has an end (a replay) ends by itself."""
    pause_s = FIRST_PAUSE_S
    loop = asyncio.get_running_loop()
    while True:
        began_s = loop.time()
        try:
            await source.run(sink)
        except Exception:  # one device must not stop the others, whatever it does
            pause_s = FIRST_PAUSE_S if loop.time() - began_s > _GOOD_RUN_S else pause_s
            log.exception("source %s (%s) failed, again in %.0f s", source.name, source.kind, pause_s)
        else:
            return
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
