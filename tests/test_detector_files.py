"""A detector in a file: the same scores after loading, and no file that is not its own."""

import copy
import io
import json
import pickle

from course_utils import detectors
from course_utils.detectors import base

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_detectors import EVERY, fitted, related, small, steady, tables


@EVERY
@steady
@given(X=tables(most_rows=100), seed=st.integers(0, 99))
def test_saved_and_loaded_is_the_same_detector(kind, X, seed, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "detector.pt"
    detector = small(kind, seed=seed, contamination=0.2).fit(X)
    detector.save(path)
    for loaded in (detectors.load(path), kind.load(str(path))):
        assert type(loaded) is kind
        assert loaded.get_params() == detector.get_params() | {"device": None}
        loaded.set_params(device="cpu")
        np.testing.assert_array_equal(loaded.decision_function(X), detector.decision_scores_)
        np.testing.assert_array_equal(loaded.feature_scores(X), detector.feature_scores(X))
        np.testing.assert_array_equal(loaded.decision_scores_, detector.decision_scores_)
        np.testing.assert_array_equal(loaded.labels_, detector.labels_)
        assert loaded.threshold_ == detector.threshold_
        assert loaded.history_ == detector.history_
        assert loaded.n_features_in_ == detector.n_features_in_
    assert list(path.parent.iterdir()) == [path]


@EVERY
def test_names_and_numpy_parameters_survive_a_file(kind, tmp_path):
    table = pd.DataFrame(related(30, 2), columns=["ä", "b"])
    small(kind, members=np.int64(2), contamination=np.float32(0.25)).fit(table).save(
        tmp_path / "d"
    )
    loaded = detectors.load(tmp_path / "d")
    assert list(loaded.feature_names_in_) == ["ä", "b"]
    with pytest.raises(ValueError, match="X has the name 'b' at column 0"):
        loaded.predict(table[["b", "ä"]])


@EVERY
def test_a_file_holds_tensors_and_json_and_no_code(kind, tmp_path):
    fitted(kind).save(tmp_path / "detector.pt")
    contents = torch.load(tmp_path / "detector.pt", weights_only=True)
    assert json.loads(contents["header"])["detector"] == kind.__name__
    assert all(type(each) is torch.Tensor for each in contents["state"].values())


@EVERY
def test_a_changed_byte_is_noticed(kind, tmp_path):
    path = tmp_path / "detector.pt"
    detector, X = small(kind).fit(related(30)), related(30)
    detector.save(path)
    whole = path.read_bytes()
    tensor = detector.mean_.tobytes()
    assert whole.count(tensor) == 1
    places = np.random.default_rng(0).integers(len(whole), size=40).tolist()
    refused = 0
    for place in [whole.index(tensor) + 7, whole.index(kind.__name__.encode()), *places]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            loaded = detectors.load(path)
        except detectors.DetectorFileError as error:
            assert "detector.pt" in str(error)  # noqa: PT017
            refused += 1
        else:  # a byte between the parts, which nothing is read from
            loaded.set_params(device="cpu")
            np.testing.assert_array_equal(loaded.decision_function(X), detector.decision_scores_)
            assert place in places
    assert refused > 20


@EVERY
@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_half_a_file_is_refused(kind, part, tmp_path):
    path = tmp_path / "detector.pt"
    fitted(kind).save(path)
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    with pytest.raises(detectors.DetectorFileError, match="holds no detector"):
        detectors.load(path)


class Opened:
    """What no file may run when it is read."""

    ran = False

    def __reduce__(self):
        return setattr, (Opened, "ran", True)


def as_torch_file(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


FOREIGN = {
    "text": lambda: b"no detector, but a letter",
    "a pickle": lambda: pickle.dumps({"format": base.FORMAT}, protocol=2),
    "a pickle with code": lambda: pickle.dumps(Opened(), protocol=2),
    "a torch file with code": lambda: as_torch_file({"format": base.FORMAT, "state": Opened()}),
    "weights": lambda: as_torch_file(torch.nn.Linear(2, 3).state_dict()),
    "a list": lambda: as_torch_file([1, 2]),
    "a tensor": lambda: as_torch_file(torch.ones(3)),
    "wrong types": lambda: as_torch_file({"format": 1, "header": 2, "state": 3, "digest": 4}),
    "another digest": lambda: as_torch_file(
        {"format": base.FORMAT, "header": "{}", "state": {}, "digest": "no"}
    ),
}


@pytest.mark.parametrize("contents", FOREIGN)
def test_a_foreign_file_is_refused_and_runs_nothing(contents, tmp_path):
    path = tmp_path / "foreign.pt"
    path.write_bytes(FOREIGN[contents]())
    with pytest.raises(detectors.DetectorFileError, match=r"foreign\.pt (holds no|was changed)"):
        detectors.load(path)
    assert not Opened.ran


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.pt is not there"):
        detectors.load(tmp_path / "nothing.pt")
    with pytest.raises(detectors.DetectorFileError, match="holds no detector"):
        detectors.load(tmp_path)


def rewrite(path, **changes):
    """Change a file's contents as a later version of the course might have written them."""
    contents = torch.load(path, weights_only=True)
    stored = changes.pop("format", contents["format"])
    header, state = json.loads(contents["header"]), contents["state"]
    header["parameters"] |= changes.pop("parameters", {})
    state |= changes.pop("state", {})
    header = json.dumps(header | changes)
    digest = base._digest(header, state)
    torch.save({"format": stored, "header": header, "state": state, "digest": digest}, path)


@EVERY
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "course_utils.detectors 2"}, "has the format 'course_utils.detectors 2'"),
        ({"detector": "Oracle"}, "holds a detector of the kind 'Oracle'"),
        ({"parameters": {"magic": 1}}, "does not fit this version of"),
        ({"parameters": {"members": 7}}, "does not fit this version of"),
        ({"parameters": {"members": "many"}}, "does not fit this version of"),
        ({"state": {"network.more": torch.ones(2)}}, "does not fit this version of"),
        ({"history": 3}, "does not fit this version of"),
    ],
)
def test_a_file_of_another_version_is_refused(kind, changes, words, tmp_path):
    fitted(kind).save(tmp_path / "detector.pt")
    rewrite(tmp_path / "detector.pt", **copy.deepcopy(changes))
    with pytest.raises(detectors.DetectorFileError, match=words):
        detectors.load(tmp_path / "detector.pt")


@EVERY
def test_the_file_of_another_class_is_refused(kind, tmp_path):
    class Other(detectors.Detector):
        pass

    fitted(kind).save(tmp_path / "detector.pt")
    with pytest.raises(
        detectors.DetectorFileError, match=f"of the kind '{kind.__name__}'; Other is expected"
    ):
        Other.load(tmp_path / "detector.pt")
