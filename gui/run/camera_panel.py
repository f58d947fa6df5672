"""What the cameras of a session see."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtWidgets import QVBoxLayout, QWidget

from gui.boxes import Box
from gui.palette import Palette
from gui.plots.camera_view import CameraView
from gui.session_view import SessionView
from rig.events import DeviceRecord
from rig.session_folder import SessionFolder


class CameraPanel(QWidget):
    """The pictures of a session's cameras, one below the other.

    Attributes
    ----------
    views
        The pictures by the camera's name.
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._view: SessionView | None = None
        self._meanings: dict[str, str] = {}
        self.views: dict[str, CameraView] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(4, 6, 4, 4)

    def show_box(self, box: Box) -> None:
        """Show what the cameras of the session in a box see now."""
        if box.view is not self._view and box.view is not None:
            self._view = box.view
            self._make_views(cameras_of(box.view))
        folder = _folder(box)
        for name, picture in self.views.items():
            path = folder.thumbnail(name) if folder is not None else None
            picture.show_file(path, self._meanings[name])

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette
        for picture in self.views.values():
            picture.restyle(palette)

    def _make_views(self, cameras: list[DeviceRecord]) -> None:
        """Have a picture for each camera, and no other."""
        for picture in self.views.values():
            self._layout.removeWidget(picture)
            picture.deleteLater()
        self.views = {camera.name: CameraView(self._palette) for camera in cameras}
        self._meanings = {camera.name: _meaning(camera) for camera in cameras}
        for picture in self.views.values():
            self._layout.addWidget(picture)


def cameras_of(view: SessionView) -> list[DeviceRecord]:
    """Return the cameras of a session."""
    devices = view.definition.devices if view.definition else ()
    return [device for device in devices if device.kind == "camera"]


def _folder(box: Box) -> SessionFolder | None:
    """Return the folder of the session that runs in a box; None if no camera films there."""
    journal = box.address.journal if box.address else ""
    return SessionFolder(Path(journal).parent) if journal and box.is_running else None


def _meaning(camera: DeviceRecord) -> str:
    """Return what a camera is called and looks at."""
    told = f"{camera.name}: {camera.settings.get('meaning') or 'camera'}"
    return f"{told} (SIMULATED)" if camera.simulated else told
