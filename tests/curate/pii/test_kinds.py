"""The kinds of personal data one by one: verification, overlaps, hashes."""

import hashlib
import hmac
from ipaddress import ip_address as parse

import pytest

from curate.pii import credit_card, crypto_wallet, iban, ip_address, phone, url_credentials, us_ssn
from curate.pii.iban import _LENGTH
from curate.pii.kinds import ORDER, kinds_of
from curate.pii.mask import Marker, mask


def found(find, text: str) -> list[str]:
    return [text[start:end] for start, end in find(text)]


def masked(text: str, *words: str, **settings: object) -> str:
    return mask(text, kinds_of(words or ORDER[:-2], **settings), Marker())[0]


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("https://jo:pw@example.com/", (), "https://[URL_CREDENTIALS]@example.com/"),
        ("https://jo:pw@example.com/", ("email",), "https://jo:[EMAIL]/"),
        ("https://example.com/?token=a@b.example", (), "https://example.com/?token=[URL_CREDENTIALS]"),
        ("https://example.com/?token=a@b.example", ("email",), "https://example.com/?token=[EMAIL]"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa@example.com", (), "[EMAIL]"),
        ("GB82 WEST 1234 5698 7654 32", (), "[IBAN]"),
        ("4111-1111-1111-1111", (), "[CREDIT_CARD]"),
        ("4111-1111-1111-1112", (), "4111-1111-1111-1112"),
        ("SSN 202555014", (), "SSN [US_SSN]"),
        ("10.20.30.40", (), "[IP_ADDRESS]"),
    ],
)
def test_the_earlier_kind_wins(text, words, expected):
    assert masked(text, *words) == expected


def test_the_order_of_the_setting_does_not_matter():
    text = "https://jo:pw@example.com from 192.0.2.1, +1 202 555 0147"
    assert masked(text, "phone", "ip_address", "url_credentials") == masked(
        text, "url_credentials", "ip_address", "phone"
    )


@pytest.mark.parametrize("number", ["4111111111111111", "378282246310005", "30569309025904", "6304000000000000"])
def test_a_card_with_one_digit_changed_is_none(number):
    assert found(credit_card.find, number) == [number]
    wrong = [number[:-1] + digit for digit in "0123456789" if digit != number[-1]]
    assert [text for text in wrong if credit_card.find(text)] == []


def test_a_card_has_its_issuers_length():
    assert found(credit_card.find, "55555555555544") == []
    assert found(credit_card.find, "9111111111111111") == []


def test_two_swapped_signs_are_no_iban():
    right = "DE89370400440532013000"
    assert found(iban.find, right) == [right]
    assert found(iban.find, "DE89370400440532010300") == []
    assert found(iban.find, right + "0") == []
    assert all(15 <= length <= 33 for length in _LENGTH.values())


def test_wallets_are_verified_sign_by_sign():
    for right in ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"):
        wrong = [right[:place] + "z" + right[place + 1 :] for place in range(3, len(right)) if right[place] != "z"]
        assert found(crypto_wallet.find, right) == [right]
        assert [text for text in wrong if crypto_wallet.find(text)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("123-45-6789", ["123-45-6789"]),
        ("123-45 6789", []),
        ("899-99-9999", ["899-99-9999"]),
        ("900-12-3456", []),
        ("000-12-3456", []),
        ("666-12-3456", []),
        ("667-00-3456", []),
        ("667-01-0000", []),
        ("078-05-1120", []),
        ("ssn 078051120 or ssn: 078051121", ["078051121"]),
    ],
)
def test_impossible_social_security_numbers(text, expected):
    assert found(us_ssn.find, text) == expected


def test_public_addresses_alone():
    private = (
        "10.0.0.1 192.168.1.1 127.0.0.1 192.0.2.7 169.254.0.1 224.0.0.1 2001:db8::1 fe80::1 fd00::12 ::ffff:10.0.0.1"
    )
    public = "8.8.8.8 2606:4700:4700::1111 192.0.1.1"
    assert found(ip_address.finder(public_only=True), f"{private} {public}") == public.split()
    assert found(ip_address.finder(public_only=False), f"{private} {public}") == [*private.split(), *public.split()]
    assert all(parse(text) for text in f"{private} {public}".split())


def test_a_region_adds_its_national_numbers():
    assert found(phone.finder(None), "call 2025550147 or 4155552671") == []
    assert found(phone.finder("US"), "call 2025550147 or 4155552671") == ["2025550147", "4155552671"]
    assert found(phone.finder("US"), "order 1234567890") == []


@pytest.mark.parametrize("region", ["DE", "FR", "GB", "IN", "JP", "KR", "US", "BR"])
def test_the_example_number_of_a_region_is_found_in_every_writing(region):
    import phonenumbers

    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.FIXED_LINE)
    formats = phonenumbers.PhoneNumberFormat
    for form in (formats.INTERNATIONAL, formats.E164):
        text = phonenumbers.format_number(number, form)
        assert found(phone.finder(None), f"ring {text} now") == [text]
    national = phonenumbers.format_number(number, formats.NATIONAL)
    assert found(phone.finder(region), f"ring {national} now") == [national]


def test_what_surrounds_credentials_stays():
    text = "postgres://jo:s3cret@db.example:5432/x?sslmode=on&password=s3cret, see it"
    assert found(url_credentials.find, text) == ["jo:s3cret", "s3cret"]


def test_a_hash_is_the_hmac_of_the_canonical_form():
    marker = Marker(b"salt")
    digest = hmac.new(b"salt", b"email:jo@example.com", hashlib.sha256).hexdigest()[:8]
    assert marker.mark("email", "Jo@Example.com") == f"[EMAIL:{digest}]" == marker.mark("email", "jo@example.com")
    assert marker.mark("iban", "de89 3704") == marker.mark("iban", "DE893704")
    assert marker.mark("url_credentials", "Ab") != marker.mark("url_credentials", "ab")
    assert marker.mark("email", "jo@example.com") != Marker(b"other").mark("email", "jo@example.com")


@pytest.mark.parametrize(
    "text", ["", "1" * 5000, ":" * 5000, "a@" * 3000, "+1 " * 3000, "x" * 100_000 + "@", "١٢٣٤٥٦٧٨٩٠", "\x00@\x00.\x00"]
)
def test_hostile_texts_end(text):
    assert masked(text, region="US") is not None
