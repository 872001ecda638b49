"""Where a visitor's documents go and how long they stay, as far as the settings tell."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from ui.texts import Texts


def describe_privacy(
    texts: Texts, *, models: Iterable[str], stores: Iterable[str], is_shared: bool, retention_hours: float
) -> str:
    """Nothing is promised that a setting breaks.

    ``models`` and ``stores`` are the addresses of servers that see documents, empty ones and paths of files among them;
    ``is_shared``: the program itself runs on other people's machines, or on several.
    """
    sentences = []
    if any(_is_elsewhere(address) for address in models):
        sentences.append(texts("footer.models"))
    elif not is_shared and not any(_is_elsewhere(address) for address in stores):
        sentences.append(texts("footer.here"))
    return " ".join([*sentences, texts("footer.deleted", hours=f"{retention_hours:g}")])


def _is_elsewhere(address: str) -> bool:
    """Nothing and the path of a file or folder are here; a bucket is not."""
    parts = urlsplit(address)
    if not parts.netloc:
        return False
    host = parts.hostname or ""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
