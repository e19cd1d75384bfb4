"""`classhub roster --help` says what there is, in both languages."""

import pytest

from classhub.__main__ import main


def test_every_action_is_explained_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["roster", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    for action, vi, en in (
        ("check", "không ghi gì", "write nothing"),
        ("import", "nhập vào trung tâm", "hold it for a person"),
        ("decide", "áp dụng hoặc bỏ", "apply or reject"),
        ("undo", "hoàn tác", "take back"),
    ):
        assert f"classhub roster {action} " in said
        assert vi in said
        assert en in said
    assert said.index(" check ") < said.index(" import ") < said.index(" decide ") < said.index(" undo ")
