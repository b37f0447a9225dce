"""Which backend a recipe gets."""

import pytest

from curate.augment.apertium import Apertium
from curate.augment.nlpaug_wrap import NlpaugTranslator
from curate.augment.translate import choose_backend, make_translator
from curate.errors import UserError

PAIR = ("there", "back")


@pytest.fixture
def problems(monkeypatch: pytest.MonkeyPatch):
    """Say what stands in each backend's way."""

    def say(apertium: str | None, nlpaug: str | None) -> None:
        monkeypatch.setattr("curate.augment.translate.apertium_problem", lambda _language, _via: apertium)
        monkeypatch.setattr("curate.augment.translate.nlpaug_problem", lambda _models: nlpaug)

    return say


def test_auto_takes_apertium_first_then_nlpaug(problems):
    problems(None, None)
    assert choose_backend("auto", "en", "es", PAIR) == "apertium"
    problems("no apertium; install it", None)
    assert choose_backend("auto", "en", "es", PAIR) == "nlpaug"


def test_a_named_backend_is_never_replaced_by_the_other(problems):
    problems("no apertium; install it", None)
    with pytest.raises(UserError) as raised:
        choose_backend("apertium", "en", "es", PAIR)
    assert [str(mistake) for mistake in raised.value.mistakes] == ["step 'back_translate': no apertium; install it"]


def test_where_none_works_both_are_named(problems):
    problems("no apertium; install it", "no nlpaug; pip install it")
    with pytest.raises(UserError) as raised:
        choose_backend("auto", "en", "es", PAIR)
    assert [mistake.hint for mistake in raised.value.mistakes] == ["install it", "pip install it"]


def test_each_backend_has_its_translator():
    assert make_translator("apertium", "en", "es", PAIR) == Apertium("en", "es")
    assert make_translator("nlpaug", "en", "es", PAIR) == NlpaugTranslator(PAIR)
