"""How the tests write uplinks as both network servers publish them, and payload bytes as device tables say."""

import base64
import json
from typing import Any

EUI = "24e124aa00bb11cc"
CS_TOPIC = f"application/0d3b9c57-8c9e-4a39-9d27-1b5a3f6e0a11/device/{EUI}/event/"
TTN_TOPIC = "v3/school-air@ttn/devices/p-a101/up"
TIME = "2026-11-22T01:00:00.123456789+00:00"
TIME_MS = 1_795_309_200_123


def chirpstack(profile: str = "", data: bytes | None = None, over: Any = (), **more: Any) -> bytes:
    """An uplink of ChirpStack v4; `more` and `over` go into the event, and over what stands there."""
    event: dict[str, Any] = {
        "deduplicationId": "9c7d0a3e-6a44-4c56-8a60-6a2a8d6a2f10",
        "time": TIME,
        "deviceInfo": {
            "tenantName": "Truong",
            "applicationName": "Khong khi",
            "deviceProfileName": profile,
            "deviceName": "Phong A101",
            "devEui": EUI,
            "tags": {},
        },
        "devAddr": "01e2d3c4",
        "dr": 5,
        "fCnt": 42,
        "fPort": 85,
        "confirmed": False,
        "rxInfo": [
            {"gatewayId": "a840411f", "rssi": -101, "snr": -4.5, "context": "AA=="},
            {"gatewayId": "a840412a", "rssi": -63, "snr": 9.8, "context": "AA=="},
        ],
        "txInfo": {"frequency": 923200000},
    }
    if data is not None:
        event["data"] = base64.b64encode(data).decode()
    return json.dumps(event | more | dict(over)).encode()


def ttn(brand: str = "", model: str = "", data: bytes | None = None, over: Any = (), **more: Any) -> bytes:
    """An uplink of The Things Stack v3; `more` and `over` go into `uplink_message`."""
    uplink: dict[str, Any] = {
        "session_key_id": "AZaBcD==",
        "f_port": 85,
        "f_cnt": 42,
        "rx_metadata": [
            {"gateway_ids": {"gateway_id": "truong"}, "rssi": -88, "channel_rssi": -88, "snr": 7.25},
            {"gateway_ids": {"gateway_id": "ubnd"}, "rssi": -110, "snr": -11},
        ],
        "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 9}}, "timestamp": 2},
        "received_at": "2026-11-22T01:00:00.123456789Z",
        "consumed_airtime": "0.185344s",
    }
    if brand or model:
        uplink["version_ids"] = {"brand_id": brand, "model_id": model, "band_id": "AS_923"}
    if data is not None:
        uplink["frm_payload"] = base64.b64encode(data).decode()
    return json.dumps(
        {
            "end_device_ids": {
                "device_id": "p-a101",
                "application_ids": {"application_id": "school-air"},
                "dev_eui": EUI.upper(),
            },
            "received_at": "2026-11-22T01:00:00.400Z",
            "uplink_message": uplink | more | dict(over),
        }
    ).encode()
