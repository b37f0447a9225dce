"""No address in a recipe holds a secret."""

import pytest

from curate.errors import UserError
from curate.recipe_file import parse_recipe


def recipe(sources):
    task = "{kind: classification, text: text, label: label}"
    return parse_recipe(f"version: 1\nname: t\nsources: {sources}\ntask: {task}\n", "r.yaml")


@pytest.mark.parametrize(
    "path", ["https://me:pass@host/a.csv", "https://host/a.csv?X-Amz-Signature=1", "https://host/a.csv?sig=1"]
)
def test_recipes_hold_no_secrets(path):
    with pytest.raises(UserError, match="credentials come from the environment alone"):
        recipe(f"[{{path: '{path}'}}]")


@pytest.mark.parametrize(
    "name",
    [
        "key",
        "api_key",
        "AWSAccessKeyId",
        "accessToken",
        "x-goog-signature",
        "Authorization",
        "apitoken",
        "HFTOKEN",
        "privatekey",
        "clientsecret",
        "sharedaccesssignature",
        "dbpassword",
        "awsaccesskeyid",
    ],
)
def test_a_secret_setting_of_an_address_is_known_by_a_word_of_its_name(name):
    with pytest.raises(UserError, match="credentials come from the environment alone"):
        recipe(f"[{{path: 'https://host/a.csv?x=1&{name}=abc'}}]")


@pytest.mark.parametrize("name", ["monkey", "design", "keyboard", "tokenizer", "author", "significance", "turkeys"])
def test_a_setting_that_only_looks_like_a_secret_is_none(name):
    path = f"https://host/a.csv?x=1&{name}=abc"
    assert recipe(f"[{{path: '{path}'}}]").sources[0].path == path


@pytest.mark.parametrize(
    "settings",
    [
        "path: a.txt, labels: 'https://me:pass@host/labels.txt'",
        "path: a.csv, origin: 'get it from https://me:pass@host/a.csv'",
        "path: a.csv, origin: 'https://host/a.csv?x=1&access_token=1'",
        "path: a.csv, origin: 'https://host/a.csv#access_token=1'",
        "path: 'https://host/a.csv?%73ig=1'",
        "path: 'abfss://container:secret@account/a.csv'",
        "demo: hiring, origin: 'https://host/?api_key=1'",
    ],
)
def test_no_address_of_a_source_holds_a_secret(settings):
    with pytest.raises(UserError, match="credentials come from the environment alone"):
        recipe(f"[{{{settings}}}]")


@pytest.mark.parametrize(
    "settings",
    [
        "path: 'http://host/a.csv?page=2&rows=10#top'",
        "path: 'abfss://container@account/a.csv'",
        "path: 'a@b.csv', origin: 'https://host/list?page=2 (ask me@host.org)'",
        "path: 'a?key=1.csv', origin: 'ssh://git@host/data.git'",
    ],
)
def test_what_is_no_secret_stays_allowed(settings):
    assert len(recipe(f"[{{{settings}}}]").sources) == 1
