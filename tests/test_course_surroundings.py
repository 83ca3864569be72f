"""course.py and what surrounds it: the caller's variables, files, folders and system."""

import json
import os
import shutil
import sys
import sysconfig
from pathlib import Path, PureWindowsPath

import course_stand_ins as stand_ins
import pytest
from course_stand_ins import change_pin, leave_unfinished


@pytest.fixture
def course(monkeypatch, tmp_path):
    return stand_ins.course(monkeypatch, tmp_path)


@pytest.fixture
def installers(course, monkeypatch):
    return stand_ins.Installers(course, monkeypatch)


# Installers that are content, and folders that installers trip over


def test_uv_that_is_not_there_after_all_gives_way_to_pip(course, installers, capsys):
    installers.elsewhere.add("pip uv")  # "already satisfied", by a uv that lies elsewhere
    assert course.main(["test"]) == 0
    assert installers.names() == ["venv", "pip uv", "pip", "ipykernel"]
    message = capsys.readouterr().out
    assert f"there is no {installers.environment.uv}" in message
    assert "with pip" in message


def test_packages_that_uv_put_elsewhere_are_installed_by_pip(course, installers, capsys):
    installers.elsewhere.add("uv")
    assert course.main(["test"]) == 0
    assert installers.names() == ["venv", "pip uv", "uv", "pip", "ipykernel"]
    assert "installed elsewhere, since .venv lacks course_utils, ipykernel" in (
        capsys.readouterr().out
    )


def test_packages_that_pip_put_elsewhere_are_told(course, installers, capsys):
    installers.elsewhere |= {"uv", "pip"}
    assert course.main(["test"]) == 1
    assert installers.handed_over is None
    message = capsys.readouterr().err
    assert "installed elsewhere, since .venv lacks course_utils, ipykernel" in message
    assert "Take `target`, `prefix` or `root` out of the configuration file" in message
    installers.elsewhere.clear()
    assert course.main(["test"]) == 0


@pytest.mark.parametrize("command", ["lab", "test", "install"])
def test_a_path_that_separates_folders_is_refused_at_once(
    course, installers, monkeypatch, tmp_path, capsys, command
):
    project = tmp_path / f"my{os.pathsep}course"
    project.mkdir()
    monkeypatch.setattr(course, "PROJECT", project)
    assert course.main([command]) == 1
    message = capsys.readouterr().err
    assert str(project) in message
    assert "Move the course to a path without a " in message
    assert installers.calls == list(project.iterdir()) == []


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("C:\\" + 60 * "x", ""),
        ("C:\\" + 61 * "x", "up to 260 characters"),
        ("C:\\Users\\Ada\\OneDrive - Analytical Engines\\course", "OneDrive copies and locks"),
    ],
)
def test_windows_limits_are_said_early(course, capsys, folder, said):
    course.remark_on_place(PureWindowsPath(folder))
    message = capsys.readouterr().out
    assert (said in message) if said else (message == "")


def test_windows_limits_are_said_once_and_nowhere_else(course, installers, monkeypatch):
    seen = []
    monkeypatch.setattr(course, "remark_on_place", lambda place: seen.append(installers.names()))
    for system in ("linux", "win32", "win32"):
        monkeypatch.setattr(course.sys, "platform", system)
        assert course.main(["test"]) == 0
        if system == "linux":
            shutil.rmtree(installers.environment.folder)
            installers.calls.clear()
    assert seen == [[]]


def test_no_path_in_the_environment_is_longer_than_is_said(course):
    records = [*Path(sysconfig.get_path("purelib")).glob("*.dist-info/RECORD")]
    paths = [
        line.split(",")[0] for each in records for line in each.read_text("utf-8").split("\n")
    ]
    assert 150 < max(map(len, paths)) + len("/.venv/Lib/site-packages/") <= course.LONGEST_PATH


@pytest.mark.parametrize("tries", [1, 3])
def test_a_virus_scanner_holds_the_old_folder_for_a_moment(course, installers, monkeypatch, tries):
    course.main(["test"])
    leave_unfinished(course, installers)
    rename, refused = Path.rename, []

    def refuse_first(self, target):
        if len(refused) < tries:
            refused.append(target)
            raise PermissionError(13, "Access is denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse_first)
    monkeypatch.setattr(course.sys, "platform", "win32")
    monkeypatch.setattr(course, "remark_on_place", lambda place: None)
    monkeypatch.setattr(course.time, "sleep", lambda seconds: None)
    assert course.main(["test"]) == 0
    assert len(refused) == tries


def test_a_folder_that_stays_in_use_is_given_up_after_two_seconds(
    course, installers, monkeypatch, capsys
):
    course.main(["test"])
    leave_unfinished(course, installers)
    clock = [0.0]

    def refuse(self, target):
        raise PermissionError(13, "Access is denied")

    monkeypatch.setattr(Path, "rename", refuse)
    monkeypatch.setattr(course.sys, "platform", "win32")
    monkeypatch.setattr(course.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(course.time, "sleep", lambda pause: clock.append(clock.pop() + pause))
    assert course.main(["test"]) == 1
    assert clock[0] == pytest.approx(2, abs=0.11)
    assert "Close JupyterLab" in capsys.readouterr().err


# What the caller's variables and files must not do


def test_nothing_that_misleads_reaches_an_installer_or_a_command(
    course, installers, monkeypatch, capsys
):
    for name in course.MISLEADING_NAMES:
        monkeypatch.setenv(name, "elsewhere")
    assert course.main(["lab"]) == 0
    message = capsys.readouterr().out
    for name in ("PIP_USER", "PYTHONPATH", "UV_SYSTEM_PYTHON", "JUPYTER_PATH", "MPLBACKEND"):
        assert name in message
    settings = [installers.handed_over[1], *(given for _, _, given in installers.calls)]
    assert len(settings) == 5
    for each in settings:
        assert [name for name, value in each.items() if value == "elsewhere"] == []
    assert settings[0]["PIP_USER"] == "0"


NEEDED = """
    HTTPS_PROXY NO_PROXY SSL_CERT_FILE REQUESTS_CA_BUNDLE LD_LIBRARY_PATH OMP_NUM_THREADS
    PIP_CERT PIP_CLIENT_CERT PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_PROXY
    PIP_FIND_LINKS PIP_NO_INDEX PIP_CACHE_DIR PIP_CONFIG_FILE PIP_DEFAULT_TIMEOUT PIP_RETRIES
    UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_CACHE_DIR UV_NATIVE_TLS UV_LINK_MODE
    UV_HTTP_TIMEOUT UV_OFFLINE UV_TORCH_BACKEND UV_CONFIG_FILE
    COURSE_DEVICE COURSE_DATA KERAS_BACKEND JUPYTER_TOKEN JUPYTERHUB_API_TOKEN
"""


def test_what_an_installation_may_need_is_handed_on(course, installers, monkeypatch, capsys):
    names = NEEDED.split()
    for name in names:
        monkeypatch.setenv(name, "needed")
    assert course.main(["lab"]) == 0
    for settings in (installers.handed_over[1], *(given for _, _, given in installers.calls)):
        assert [name for name in names if settings.get(name) != "needed"] == []
    assert "kept from the course" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["wheels", "my wheels"])
def test_a_folder_of_wheels_may_have_any_name(course, monkeypatch, tmp_path, name):
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    for given in (name, str(tmp_path / name)):  # not seen from the project's folder, and with one
        settings = course.uv_settings(course.clean({"PIP_FIND_LINKS": given}))
        address = (tmp_path / name).as_uri()
        assert settings == {"PIP_FIND_LINKS": address, "UV_FIND_LINKS": address}
    several = {"PIP_FIND_LINKS": "/a /b"}
    assert course.clean(several) == several


def test_a_configuration_file_of_pip_that_is_there_stays(course, installers):
    course.main(["test"])
    (path,) = installers.environment.folder.glob("pip.*")
    assert "user =\n" in path.read_text(encoding="utf-8")
    path.write_text("[global]\nproxy = somewhere\n", encoding="utf-8")
    change_pin(course, installers)
    course.main(["test"])
    assert path.read_text(encoding="utf-8") == "[global]\nproxy = somewhere\n"


def test_the_courses_kernel_goes_before_every_other(course, installers, monkeypatch, tmp_path):
    from jupyter_client.kernelspec import KernelSpecManager

    foreign = tmp_path / "foreign" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    kernel = {"argv": ["/another/python"], "display_name": "another"}
    (foreign / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "foreign"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "foreign"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    assert KernelSpecManager().get_kernel_spec("python3").argv == ["/another/python"]
    course.main(["lab"])
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in installers.handed_over[1].items():
        monkeypatch.setenv(name, value)
    found = KernelSpecManager().get_kernel_spec("python3")
    assert Path(found.resource_dir).is_relative_to(sys.prefix)


def use_file_as_home(tmp_path):
    (tmp_path / "home").touch()


def use_missing_home(tmp_path):
    pass


@pytest.mark.parametrize("harm", [use_file_as_home, use_missing_home])
def test_a_home_that_cannot_be_written_is_replaced(
    course, installers, monkeypatch, tmp_path, capsys, harm
):
    harm(tmp_path)
    home = "USERPROFILE" if os.name == "nt" else "HOME"
    monkeypatch.setenv(home, str(tmp_path / "home"))
    assert course.main(["lab"]) == 0
    settings = installers.handed_over[1]
    assert settings[home] == str(installers.environment.folder / "home")
    assert Path(settings[home]).is_dir()
    assert capsys.readouterr().out.count(f"home folder {tmp_path / 'home'}") == 1


def test_a_home_of_ones_own_is_kept(course, installers, monkeypatch, tmp_path):
    home = "USERPROFILE" if os.name == "nt" else "HOME"
    monkeypatch.setenv(home, str(tmp_path))
    course.main(["lab"])
    assert installers.handed_over[1][home] == str(tmp_path)


SETTINGS_FOLDERS = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR")


def test_settings_of_other_projects_stay_out(course, installers):
    course.main(["lab"])
    settings = installers.handed_over[1]
    folders = {Path(settings[name]) for name in SETTINGS_FOLDERS}
    assert len(folders) == len(SETTINGS_FOLDERS)
    assert {folder.parent for folder in folders} == {installers.environment.folder / "home"}


def test_an_installation_that_may_only_be_read_is_started(course, installers):
    course.main(["lab"])
    shutil.rmtree(installers.environment.folder / "home")
    (installers.environment.folder / "home").touch()
    assert course.main(["lab"]) == 0
    (folder,) = {Path(installers.handed_over[1][name]).parent for name in SETTINGS_FOLDERS}
    assert list(folder.iterdir()) == []
    folder.rmdir()


# Between pip and uv


def test_uv_gets_what_was_set_for_pip(course):
    settings = course.uv_settings({"PIP_FIND_LINKS": "/a /b", "PIP_INDEX_URL": "file:///i"})
    assert settings["UV_FIND_LINKS"] == "/a,/b"
    assert settings["UV_DEFAULT_INDEX"] == "file:///i"
    own = course.uv_settings({"PIP_FIND_LINKS": "/a", "UV_FIND_LINKS": "/c"})
    assert own["UV_FIND_LINKS"] == "/c"
    assert course.uv_options({"PIP_NO_INDEX": "1"}) == ["--no-index"]
    assert course.uv_options({"PIP_NO_INDEX": "0"}) == course.uv_options({}) == []


def test_a_choice_of_torch_reaches_uv_without_other_wheels(course, installers, monkeypatch):
    monkeypatch.setenv("UV_TORCH_BACKEND", "cpu")
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels")
    course.main(["test"])
    settings = next(settings for name, _, settings in installers.calls if name == "uv")
    assert settings["UV_TORCH_BACKEND"] == "cpu"
    assert "UV_FIND_LINKS" not in settings
