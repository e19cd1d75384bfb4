"""How much a room asks for attention: one rule for the wall's order and marks and the list of schools. Pure."""

from hub.live.views import RoomStatus, RoomView

SOON_MIN = 15
OVER, SOON, SILENT, HOT, EMPTY, WASTED = 100, 80, 50, 40, 30, 20
_COARSE = 10  # in steps, so that a forecast that creeps does not move cards about


def urgency(view: RoomView) -> int:
    """0 asks for nothing; a room under maintenance never does."""
    if view.maintenance is not None:
        return 0
    minutes = view.forecast.minutes
    total = OVER if view.forecast.over else 0
    if minutes is not None and minutes <= SOON_MIN:
        total += SOON - round(minutes / _COARSE) * _COARSE
    if view.stale or view.status is RoomStatus.UNKNOWN:
        total += SILENT
    if any(reason.hot for reason in view.reasons):
        total += HOT
    if view.status is RoomStatus.LESSON_BUT_EMPTY:
        total += EMPTY
    return total + (WASTED if view.waste else 0)


def alarming(view: RoomView) -> bool:
    """Whether somebody should go there now, not only look."""
    minutes = view.forecast.minutes
    soon = minutes is not None and minutes <= SOON_MIN
    hot = view.forecast.over or soon or any(reason.hot for reason in view.reasons)
    return view.maintenance is None and hot
