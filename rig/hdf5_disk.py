"""The file under an HDF5 file that is written: a disk that is full or fails does not reach HDF5.

After a write that failed, the HDF5 library can neither close its file nor end the process
properly. So it is not told: the error is kept here, and whoever writes asks for it.
"""

from __future__ import annotations

import os
from pathlib import Path


class Hdf5Disk:
    """What h5py reads and writes in place of a file; a new one, or in place of an older one.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    error
        What went wrong first; nothing more is written then, though it seems to be.

    Raises
    ------
    OSError
        If the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.error: OSError | None = None
        self._file = path.open("w+b", buffering=0)

    def check(self) -> None:
        """Raise the `OSError` that has been kept, if there is one."""
        if self.error is not None:
            raise self.error

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file; return it."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the file."""
        return self._file.tell()

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes; zeros stand for those that could not be written."""
        return (self._file.read(size) or b"").ljust(size, b"\0")

    def write(self, data: memoryview) -> int:
        """Write all of `data`, or keep the error; return its length in either case."""
        written = 0
        try:
            while self.error is None and written < len(data):
                written += self._file.write(data[written:]) or 0
        except OSError as error:
            self.error = error
        return len(data)

    def truncate(self, size: int) -> int:
        """Make the file so long, or keep the error."""
        try:
            if self.error is None:
                self._file.truncate(size)
        except OSError as error:
            self.error = error
        return size

    def flush(self) -> None:
        """Do nothing: nothing waits here."""

    def close(self) -> None:
        """Close the file; closing again does nothing."""
        self._file.close()
