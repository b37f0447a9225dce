"""Wallets: Bitcoin addresses with their checksums (base58check; bech32, BIP 173 and 350), Ethereum addresses."""

import hashlib
import re
from functools import reduce

from curate.pii.spans import Span

PRETEST = r"(?i:bc1)[0-9A-Za-z]{11}|0x[0-9a-fA-F]{40}|[13][1-9A-HJ-NP-Za-km-z]{25}"

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CONSTANTS = (1, 0x2BC830A3)
"""What the checksum must come to: bech32 (BIP 173), bech32m (BIP 350)."""
_ADDRESS_BYTES = 25

_PATTERN = re.compile(
    r"(?<![0-9A-Za-z])(?:(?P<base58>[13][1-9A-HJ-NP-Za-km-z]{25,34})|(?P<bech32>(?:bc1[02-9ac-hj-np-z]{11,71}|BC1[02-9AC-HJ-NP-Z]{11,71}))"
    r"|(?P<ethereum>0x[0-9a-fA-F]{40}))(?![0-9A-Za-z])"
)


def find(text: str) -> list[Span]:
    """Return where addresses stand. The mixed case of Ethereum addresses (EIP-55) is not verified."""
    return [match.span() for match in _PATTERN.finditer(text) if _checks(match)]


def _checks(match: re.Match[str]) -> bool:
    if match["base58"]:
        return _checks_base58(match["base58"])
    return not match["bech32"] or _checks_bech32(match["bech32"].lower())


def _checks_base58(address: str) -> bool:
    """Tell whether the last four of 25 bytes are the start of the double SHA-256 of the rest."""
    number = reduce(lambda total, sign: total * 58 + _BASE58.index(sign), address, 0)
    if number >= 1 << (8 * _ADDRESS_BYTES):
        return False
    data = number.to_bytes(_ADDRESS_BYTES, "big")
    return hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def _checks_bech32(address: str) -> bool:
    prefix, data = address[:2], address[3:]
    values = [*(ord(sign) >> 5 for sign in prefix), 0, *(ord(sign) & 31 for sign in prefix)]
    checksum = 1
    for value in [*values, *(_BECH32.index(sign) for sign in data)]:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            checksum ^= generator if (top >> place) & 1 else 0
    return checksum in _CONSTANTS
