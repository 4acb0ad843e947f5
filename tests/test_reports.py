"""Reports that runs leave behind."""

import json

import numpy as np
import pytest

from fmnist_core import temperature
from fmnist_core.errors import RunError
from fmnist_core.evaluation import report
from fmnist_core.reports import test_probabilities as read_probabilities
from fmnist_core.reports import test_report as read_report
from fmnist_core.reports import uncalibrated_test_probabilities

JUDGED = report([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], ("cat", "dog"))


def test_the_part_about_the_test_set_is_read(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"train": None, "test": json.loads(JUDGED.to_json())}))
    assert read_report(path) == JUDGED


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"test": {"n": 3}}'])
def test_a_missing_or_damaged_report_is_explained(tmp_path, text):
    path = tmp_path / "a-run" / "report.json"
    path.parent.mkdir()
    if text is not None:
        path.write_text(text)
    with pytest.raises(RunError, match="report of a-run cannot be read"):
        read_report(path)


LABELS = np.array([0, 1, 2], np.uint8)


def test_predictions_are_read_once_there_are_any(tmp_path):
    assert read_probabilities(tmp_path, LABELS) is None
    np.save(tmp_path / "test_probabilities.npy", np.eye(3, dtype=np.float32))
    assert read_probabilities(tmp_path, LABELS).tolist() == np.eye(3).tolist()


def test_predictions_of_other_pictures_or_damaged_ones_are_refused(tmp_path):
    path = tmp_path / "test_probabilities.npy"
    np.save(path, np.eye(3, dtype=np.float32))
    with pytest.raises(RunError, match="judged on 3 test pictures"):
        read_probabilities(tmp_path, np.zeros(4, np.uint8))
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(RunError, match="cannot be read"):
        read_probabilities(tmp_path, LABELS)


def test_as_many_pictures_of_another_dataset_are_noticed_by_the_report(tmp_path):
    np.save(tmp_path / "test_probabilities.npy", np.eye(3, dtype=np.float32)[:, [1, 0, 2]])
    judged = report(LABELS, np.load(tmp_path / "test_probabilities.npy"), ("cat", "dog", "cow"))
    text = json.dumps({"test": json.loads(judged.to_json())})
    (tmp_path / "report.json").write_text(text)
    assert read_probabilities(tmp_path, LABELS) is not None
    for others in ([0, 1, 0], [0, 1, 9]):
        with pytest.raises(RunError, match="other test pictures"):
            read_probabilities(tmp_path, np.array(others, np.uint8))
    (tmp_path / "report.json").write_text("damaged")  # as whoever shows it says
    assert read_probabilities(tmp_path, np.array([0, 1, 0], np.uint8)) is not None


def test_predictions_are_as_sure_as_the_calibration_says(tmp_path):
    given = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    np.save(tmp_path / "test_probabilities.npy", given)
    known = temperature.Temperature(2.0, n=60, error=0.01, before=0.1, error_n=2)
    (tmp_path / temperature.FILE).write_text(known.to_json())
    assert uncalibrated_test_probabilities(tmp_path, LABELS[:2]).tolist() == given.tolist()
    np.testing.assert_allclose(read_probabilities(tmp_path, LABELS[:2])[0], [0.75, 0.25], rtol=1e-5)
