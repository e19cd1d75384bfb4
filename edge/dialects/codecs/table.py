"""From the name of a device's model to what reads its bytes; None where nothing here does. Pure."""

from collections.abc import Callable

from edge.dialects.codecs.found import Found

Read = Callable[[bytes], Found]


def codec_for(*names: str) -> tuple[str, Read] | None:
    """The first of `names` (device profile, tag, model id) that says a model of ours: its name, and its reader."""
    from edge.dialects.codecs import elsys, milesight
    from edge.dialects.codecs.milesight_models import Model, model_named

    def reader(model: Model) -> Read:
        return lambda payload: milesight.read(model, payload)

    for name in names:
        model = model_named(name)
        if model is not None:
            return f"Milesight {model.name}", reader(model)
        if elsys.is_elsys(name):
            return "ELSYS", elsys.read
    return None
