"""What a browser is, in plain words, from what it says of itself. Pure."""

from __future__ import annotations

# A browser often names those that it is like as well: the first that fits is the one.
_BROWSERS = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
_SYSTEMS = (
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("windows", "Windows"),
    ("macintosh", "Mac"),
    ("cros", "Chromebook"),
    ("linux", "Linux"),
)


def label_of(agent: str) -> str:
    """Such as *Chrome, Android*; only names from here, so that nothing strange is shown. Empty
    where none fits."""
    said = agent.lower()
    found = (next((name for word, name in names if word in said), None) for names in _BOTH)
    return ", ".join(filter(None, found))


_BOTH = (_BROWSERS, _SYSTEMS)
