"""What can be wrong with a remote source, each in one line with what to set."""

import re
from urllib.parse import urlsplit

from curate.errors import Mistake

CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION (AWS_ENDPOINT_URL for a server other than Amazon's)",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "abfss": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "hf": "set HF_TOKEN",
}
_OFFLINE = "see that the network is there and the name is right, or set FAIRLEAD_OFFLINE=1 to use what was fetched last"
_NOT_THERE = {
    True: "see how the names of the bucket and the file are written, and that the server is the right one",
    False: "see how the address is written",
}
_CONNECTION = r"error sending request|dns error|Connect\)|connection|timed? ?out|Name or service"
_REFUSED = (
    r"\b40[13]\b|credential|Unauthorized|Forbidden|AccessDenied|necessary privileges|token|Account must be|not signed"
)


def remote_mistake(address: str, error: Exception) -> Mistake:
    """Return what Polars says of an address as one mistake; the first that fits of: place, bytes, access, network.

    A bucket that is not there and a file that is not there are one mistake: a server's answer to a HEAD request tells
    them apart no more than Polars does, and which request fails first differs from run to run.
    """
    said = str(error)
    scheme = urlsplit(address).scheme
    if isinstance(error, FileNotFoundError) or re.search(r"\b404\b|NoSuchKey|NoSuchBucket|not found", said):
        return Mistake(address, "there is no such file", _NOT_THERE[scheme in CREDENTIALS])
    if "invalid utf8" in said.lower() or "invalid utf-8" in said.lower():
        hint = "download it and name the local file: there such lines go to quarantine one by one"
        return Mistake(address, "holds bytes that are not UTF-8", hint)
    if isinstance(error, PermissionError) or re.search(_REFUSED, said):
        return Mistake(address, "access is refused", CREDENTIALS.get(scheme, "the address must be open to everyone"))
    if re.search(_CONNECTION, said, re.IGNORECASE):
        return Mistake(address, "cannot be reached", _OFFLINE)
    first = (said.splitlines() or [type(error).__name__])[0]
    return Mistake(address, f"cannot be read ({first[:200]})", "see that it is a file of its format")


def no_match(address: str) -> Mistake:
    """Say that a pattern stands for nothing."""
    return Mistake(
        address, "no file fits this pattern", "see how it is written: * stands for one part of a path, ** for many"
    )


def not_there_offline(address: str) -> Mistake:
    """Say that something was never fetched and may not be now."""
    return Mistake(address, "was never fetched, and FAIRLEAD_OFFLINE is set", "run once without FAIRLEAD_OFFLINE")
