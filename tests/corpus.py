"""The corpus: recorded sessions of all protocols, which a replay must come to again.

`tools/make_corpus.py` records it, and `tools/corpus_recipes.py` says what is in it.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

from rig.session_folder import SessionFolder, find_sessions

SESSIONS = Path(__file__).parent / "corpus" / "sessions.tar.xz"


def unpack(data: Path) -> list[SessionFolder]:
    """Unpack the corpus into a data folder; return its sessions."""
    with tarfile.open(SESSIONS) as file:
        for entry in file:
            content = file.extractfile(entry)
            assert content is not None
            path = data / entry.name
            path.parent.mkdir(parents=True)
            path.write_bytes(content.read())
    return list(find_sessions(data))
