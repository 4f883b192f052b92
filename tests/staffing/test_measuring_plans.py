"""What measures the plan says in one sentence what it cannot do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import matching


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_without_the_published_instances_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: bool,
) -> None:
    folder = tmp_path if there else tmp_path / "nowhere"
    monkeypatch.setattr(sys, "argv", ["matching", "--sizes", "--data", str(folder)])

    with pytest.raises(SystemExit) as ended:
        matching.main()

    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.err.splitlines()[-1].endswith(f"{folder} holds no isp/published_results.csv.")
    assert said.out == ""
