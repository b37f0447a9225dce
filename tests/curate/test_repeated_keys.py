"""Keys that stand twice in one object of JSON."""

import pytest

from curate.repeated_keys import repeated_keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('{"a": 1, "b": {"a": 2}}', ()),
        ('[{"a": 1}, {"a": 2}]', ()),
        ('{"a": 1, "a": 1}', ("a",)),
        ('{"b": [{"c": 1, "d": 2, "c": 3, "\\u0063": 4}], "b": 0}', ("b", "c")),
    ],
)
def test_keys_that_one_object_has_twice(text: str, keys: tuple[str, ...]):
    assert repeated_keys(text) == keys
    assert repeated_keys(text.encode()) == keys
