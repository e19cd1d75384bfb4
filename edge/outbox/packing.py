"""Encoded rows made small for the card: deflated with a dictionary of what rows usually hold. Pure.

Half the bytes a row needs are half the pages a commit writes. A row that does not shrink is kept as it is: JSON starts
with "{", a packed row with its version.
"""

import zlib

_VERSION_1 = b"\x01"
_WINDOW = -11  # raw deflate, 2 KiB: a row and the dictionary fit, and little memory has to be prepared for each row

# Never change it: a new dictionary is a new version beside the old one. The likeliest stands last.
_DICTIONARY_1 = (
    b'"error_code":"","input_source":"","frequency_hz":50.0,"tamper":,"smoke":,"vibration":,"water_leak":,'
    b'"pm1_ugm3":,"tvoc_ppb":,"pressure_hpa":1013.,"sound_level":,"noise_dba":,"lamp_hours_h":,"people_count":,'
    b'"display_on":,"voltage_v":230.,"current_a":0.,"power_w":,"energy_kwh":,"power_factor":0.,"switch_on":1.0,'
    b'"k":"contact","data":{"open":true}}"k":"button","data":{"action":"single"}}"k":"device_up","data":{}}"device_down'
    b'"id":"","c":"restamped"}"c":"unknown""c":"untimed""c":"arrival"}"t":null,'
    b'"contact_open":1.0,"occupancy":0.0,"rssi_dbm":-,"battery_v":3.,"battery_pct":100.0,"pm25_ugm3":,"pm10_ugm3":,'
    b'"illuminance_lx":,"link_quality":1,"co2_ppm":,"humidity_pct":,"temperature_c":2'
    b'.0}}.0,"{"d":"0x00124b00","t":17,"v":{"co2_ppm":,"temperature_c":2,"humidity_pct":,"link_quality":'
)


def pack(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, _WINDOW, 4, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY_1)
    packed = _VERSION_1 + packer.compress(body) + packer.flush()
    return packed if len(packed) < len(body) else body


def unpack(kept: bytes) -> bytes:
    if not kept.startswith(_VERSION_1):
        return kept
    return zlib.decompressobj(_WINDOW, _DICTIONARY_1).decompress(kept[1:])
