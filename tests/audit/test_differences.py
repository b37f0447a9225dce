"""Where two contents differ: each place is named, rounding is no difference, and nothing is not zero."""

from audit.differences import differences


def told(stored: object, found: object) -> list[str]:
    return [str(each) for each in differences(stored, found)]


def test_the_same_is_no_difference():
    content = {"a": [1, 2.5, None, "x", True], "b": {"c": 0.1 + 0.2}}
    assert told(content, {"b": {"c": 0.3}, "a": [1, 2.5, None, "x", True]}) == []
    assert told(0.0, 1e-17) == []


def test_each_place_is_named():
    assert told({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}) == ["a.b.1 is 2, and computed again it is 3"]
    assert told({"a": 1}, {"b": 1}) == [
        "a is 1, and computed again it is not there",
        "b is not there, and computed again it is 1",
    ]
    assert told([1], [1, 2, 3]) == [f"{place} is not there, and computed again it is {place + 1}" for place in (1, 2)]


def test_what_is_not_the_same():
    assert told({"v": None}, {"v": 0.0}) == ["v is undefined, and computed again it is 0.0"]
    assert told({"v": 1}, {"v": True}) == ["v is 1, and computed again it is true"]
    assert told({"v": 0.5}, {"v": 0.5000001}) != []
    assert told({"n": 10**10}, {"n": 10**10 + 1}) != []  # counts are whole numbers, and not the same but for rounding
    assert told({"v": "x" * 10_000}, {"v": ""})[0].count("x") < 200
