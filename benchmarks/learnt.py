"""What a classifier trained in the very room reaches on the recorded rooms: the frame for the live engine's figures.

The live engine gets no truth from the room it judges; the published figures come from classifiers that were trained in
it. This is one of those (softmax regression on standardised features and their squares, fitted by Newton-like gradient
steps), so that both can be read side by side. Splits: detection as its authors made it (`datatraining` to fit); head
count by whole days (the days of 2017 up to 24 December to fit, later ones to test), and the published random split,
where neighbouring half minutes stand on both sides and which therefore flatters.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.recorded import Moment

Array = npt.NDArray[np.float64]
STEPS, RATE, RIDGE = 400, 0.5, 1e-3
PAST = 10  # messages the slopes look back
DAY_MS = 86_400_000


def features(moments: Sequence[Moment], only: frozenset[str] | None = None) -> Array:
    """A row a moment: every number measured (or those named), its change over the last messages, its mean over them."""
    seen = {(device, key) for moment in moments[:500] for device, values in moment.devices.items() for key in values}
    keys = sorted(one for one in seen if only is None or one[1] in only)
    raw = np.zeros((len(moments), len(keys)))
    for at, moment in enumerate(moments):
        for column, (device, key) in enumerate(keys):
            value = moment.devices.get(device, {}).get(key)
            raw[at, column] = float(value) if value is not None else raw[at - 1, column]
    before = np.vstack([np.repeat(raw[:1], PAST, axis=0), raw[:-PAST]])
    sums = np.cumsum(np.vstack([np.zeros((1, raw.shape[1])), np.repeat(raw[:1], PAST - 1, axis=0), raw]), axis=0)
    return np.hstack([raw, raw - before, (sums[PAST:] - sums[:-PAST]) / PAST])


class Softmax:
    """Fitted once on `rows` with `classes`; the scale of every feature comes from the rows it was fitted on."""

    def __init__(self, rows: Array, classes: npt.NDArray[np.int64]) -> None:
        self._mean, self._scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
        wide = self._wide(rows)
        target = np.eye(int(classes.max()) + 1)[classes]
        self._weights = np.zeros((wide.shape[1], target.shape[1]))
        momentum = np.zeros_like(self._weights)
        for _ in range(STEPS):
            slope = wide.T @ (self._share(wide) - target) / len(wide) + RIDGE * self._weights
            momentum = 0.9 * momentum - RATE * 0.1 * slope
            self._weights += momentum

    def _wide(self, rows: Array) -> Array:
        scaled = np.clip((rows - self._mean) / self._scale, -4, 4)
        return np.hstack([np.ones((len(rows), 1)), scaled, scaled**2])

    def _share(self, wide: Array) -> Array:
        raised = wide @ self._weights
        grown = np.exp(raised - raised.max(axis=1, keepdims=True))
        shares: Array = grown / grown.sum(axis=1, keepdims=True)
        return shares

    def probabilities(self, rows: Array) -> Array:
        return self._share(self._wide(rows))


def truth(moments: Sequence[Moment], *, counted: bool) -> npt.NDArray[np.int64]:
    return np.array([moment.people if counted else int(moment.people > 0) for moment in moments], np.int64)


def by_days(moments: Sequence[Moment], share: float = 0.5) -> npt.NDArray[np.bool_]:
    """True for the moments to fit on: the first days up to that share of all rows, whole days only."""
    days = np.array([moment.at_ms // DAY_MS for moment in moments])
    last = days[int(len(days) * share)]
    fit: npt.NDArray[np.bool_] = days <= last
    return fit


def at_random(moments: Sequence[Moment], seed: int = 1) -> npt.NDArray[np.bool_]:
    fit: npt.NDArray[np.bool_] = np.random.default_rng(seed).random(len(moments)) < 0.7
    return fit


def detection_accuracy(train: Sequence[Moment], test: Sequence[Moment], only: frozenset[str] | None = None) -> float:
    model = Softmax(features(train, only), truth(train, counted=False))
    said = model.probabilities(features(test, only)).argmax(axis=1)
    return float((said == truth(test, counted=False)).mean())


def count_score(moments: Sequence[Moment], fit: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Accuracy of the head count and its mean absolute error, on the moments not fitted on."""
    rows, counts = features(moments), truth(moments, counted=True)
    model = Softmax(rows[fit], counts[fit])
    said = model.probabilities(rows[~fit]).argmax(axis=1)
    return float((said == counts[~fit]).mean()), float(np.abs(said - counts[~fit]).mean())


def logistic(rows: Sequence[Sequence[float]], truths: Sequence[float]) -> list[float]:
    """Factors of the columns that explain the truth best: Newton's method with a slight pull to zero."""
    columns, there = np.array(rows), np.array(truths)
    factors = np.zeros(columns.shape[1])
    for _ in range(50):
        stated = 1 / (1 + np.exp(-columns @ factors))
        bend = (columns.T * (stated * (1 - stated))) @ columns + 0.01 * np.eye(len(factors))
        factors += np.linalg.solve(bend, columns.T @ (there - stated) - 0.01 * factors)
    return [float(one) for one in factors]
