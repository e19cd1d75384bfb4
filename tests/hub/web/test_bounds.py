"""What no operator can mean is refused with the field named, and the pages go on."""

import pytest

from tests.hub.web.conftest import Client, csrf_of, sign_in
from tests.hub.web.doubles import SCHOOL, Stand

DEVICE = f"/api/v1/schools/{SCHOOL}/devices/a101-co2"


@pytest.fixture
async def operator(client: Client) -> Client:
    await sign_in(client)
    client.headers["x-csrf-token"] = await csrf_of(client)
    return client


async def test_a_calibration_nobody_can_mean_is_refused(operator: Client) -> None:
    for field, wrong in (("scale", 1e308), ("offset", 1e308)):
        body = {"quantity": "co2_ppm", "scale": 1.0, "offset": 0.0, "from": "now"} | {field: wrong}
        answer = await operator.post(f"{DEVICE}/calibration", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    for page in ("/", f"/rooms/{SCHOOL}.a101"):
        assert (await operator.get(page)).status_code == 200


@pytest.mark.parametrize(
    "since", ["9999-12-31T23:59:59", "9999-12-31T23:59:59-14:00", "1999-12-31T23:59:59+07:00", "0001-01-01T00:00"]
)
async def test_times_of_another_age_are_refused(operator: Client, stand: Stand, since: str) -> None:
    calibration = {"quantity": "co2_ppm", "scale": 1.0, "offset": 5.0, "from": since}
    for path, body in (("room", {"room": "a102", "from": since}), ("calibration", calibration),
                       ("replace", {"old": "a104-co2", "from": since})):  # fmt: skip
        answer = await operator.post(f"{DEVICE}/{path}", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, "from"), path
        assert since in answer.json()["detail"]["vi"]
    assert stand.hub.registry.calibrations(SCHOOL, "a101-co2") == ()
