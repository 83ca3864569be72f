"""A file that is replaced is there as a whole: the new one, or the old one as it was."""

from course_utils import files

import pytest


@pytest.mark.parametrize("form", [str, lambda path: path])
def test_what_was_written_takes_the_place(tmp_path, form):
    path = tmp_path / "a.b.onnx"
    path.write_bytes(b"old")
    with files.replacing(form(path)) as half:
        half.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_who_dies_on_the_way_leaves_the_old_file(tmp_path):
    path = tmp_path / "detector"
    path.write_bytes(b"old")

    def broken_off():
        with files.replacing(path) as half:
            half.write_bytes(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert path.read_bytes() == b"old"
