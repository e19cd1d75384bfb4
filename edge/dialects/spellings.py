"""How people write what is measured, in English, Vietnamese and German, without marks: words that mean it anywhere.

edge.dialects.key_names takes them as parts of a key ("nhiet_do" and "nhietdo"), edge.dialects.name_words as words of a
name a person gave. What means something else beside other words ("current temperature", "light level") is not here.
"""

SPELLINGS: dict[str, tuple[str, ...]] = {
    "temperature": ("temperature", "temp", "temperatur", "nhiet do"),
    "humidity": ("humidity", "do am", "luftfeuchte", "luftfeuchtigkeit"),
    "co2": ("co2", "carbon dioxide"),
    "illuminance": ("illuminance", "lux", "do roi"),
    "noise": ("noise", "laeq", "tieng on"),
    "pressure": ("pressure", "barometer", "barometric", "ap suat", "luftdruck"),
    "formaldehyde": ("formaldehyde", "hcho"),
    "tvoc": ("tvoc", "voc"),
    "ozone": ("ozone", "o3"),
    "battery volt": ("battery voltage", "battery volt", "vbat", "vbatt"),
    "battery": ("battery",),
    "power factor": ("power factor", "powerfactor"),
    "frequency": ("frequency", "freq"),
    "rssi": ("rssi",),
    "snr": ("snr",),
    "people": ("people", "persons", "occupants", "so nguoi"),
}


def joined(subject: str) -> tuple[str, ...]:
    """As one word each."""
    return tuple(phrase.replace(" ", "") for phrase in SPELLINGS[subject])


def apart(subject: str) -> tuple[frozenset[str], ...]:
    """As the words that must all be there."""
    return tuple(frozenset(phrase.split()) for phrase in SPELLINGS[subject])
