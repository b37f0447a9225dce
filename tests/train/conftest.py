"""What the tests of training share: no network, a small tokenizer, a small run and a small base."""

import os
import sys
from pathlib import Path

import pytest

from train.process import prepare_environment

sys.path.insert(0, str(Path(__file__).parent))
os.environ["HF_HUB_OFFLINE"] = "1"  # read when the hub's package is imported, so it stands here
os.environ["CUDA_VISIBLE_DEVICES"] = ""
prepare_environment()

from small_runs import CLASSIFICATION, labelled, make_run  # noqa: E402


@pytest.fixture(scope="session")
def tokenizer():
    """The demo base's own kind of tokenizer, trained on a few sentences."""
    from train.demo_base import make_tokenizer

    return make_tokenizer(labelled(60)["text"].to_list(), 400)


@pytest.fixture
def labelled_run(tmp_path):
    """A small run for classification, in a folder whose name looks like a pattern."""
    every = labelled(80)
    sides = {"train": every[:48], "validation": every[48:60], "test": every[60:]}
    return make_run(tmp_path / "runs [1]*" / "small", CLASSIFICATION, sides)


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory):
    """A base in a folder: a small Llama with a tokenizer, as a user may have one."""
    from curate.train_settings import DemoBase
    from train.demo_base import ensure_demo_base

    settings = DemoBase(hidden_size=32, layers=1, heads=2, vocabulary=400, steps=3, batch_size=4, block_size=32)
    return ensure_demo_base(tmp_path_factory.mktemp("cache"), labelled(60)["text"].to_list(), settings, 128, 7)
