"""Where a model is trained."""

import subprocess

from small_runs import CLASSIFICATION, SMALL, labelled, make_run

from curate.recipe_file import load_finished
from train.surroundings import free_memory, git_state, hardware, prepare_tracker


def test_the_state_of_a_repository(tmp_path):
    assert git_state(tmp_path) is None

    def git(*words):
        return subprocess.run(
            ["git", "-C", str(tmp_path), *words], check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    assert git_state(tmp_path) is None  # no commit yet
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "one")
    commit = git("rev-parse", "HEAD")
    assert git_state(tmp_path) == commit
    (tmp_path / "a").write_text("2")
    assert git_state(tmp_path) == f"{commit} with changes"


def test_a_repository_cannot_make_us_run_its_programs(tmp_path):
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    (tmp_path / "a").write_text("1")
    words = ["-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "one", "--allow-empty"]
    subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    hook = tmp_path / "hook.sh"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    subprocess.run(["git", "-C", str(tmp_path), "config", "core.fsmonitor", str(hook)], check=True)
    git_state(tmp_path)
    assert not (tmp_path / "ran").exists()


def test_hardware_is_told():
    assert hardware("cpu").endswith("cores")
    assert free_memory("cpu") > 2**20


def test_a_tracker_writes_beside_the_runs(tmp_path, monkeypatch):
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    run = make_run(
        tmp_path / "runs" / "one", CLASSIFICATION, {"train": labelled(4)}, SMALL + "  tracker: tensorboard\n"
    )
    prepare_tracker(run, load_finished(run.recipe))
    import os

    assert os.environ.pop("TENSORBOARD_LOGGING_DIR") == str(tmp_path / "runs" / "tensorboard" / "one")
    assert (tmp_path / "runs" / "tensorboard").is_dir()
