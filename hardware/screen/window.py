"""A window of PsychoPy that fills a screen, and draws pictures into it on the graphics card.

The phases of a picture and its table of colours are two textures; a program of the card looks up
the one in the other. So every level that is shown was computed in `screen_picture`, and none
depends on how well a card computes sines. No gamma table of the system is touched.
"""

from __future__ import annotations

import ctypes
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.screen.messages import Corner, Levels
from hardware.screen.picture import Picture
from rig.errors import DeviceError

LOOK = "Look whether the screen is on, and which number the system gives it."
_R32F = 0x822E
"""GL_R32F, which pyglet has no name for: one number of 32 bits for each point of a texture."""
_VERTEX = "void main() { gl_Position = gl_Vertex; }"
_FRAGMENT = """
#version 120
uniform sampler2D phases;
uniform sampler2D table;
uniform vec2 size;
uniform float shift;
void main() {
    float phase = texture2D(phases, gl_FragCoord.xy / size).r - shift;
    gl_FragColor = texture2D(table, vec2(phase - floor(phase), 0.5));
}
"""


class ScreenWindow:
    """A full screen, in this thread. Nothing of what is drawn is seen before `flip`.

    Attributes
    ----------
    width_px, height_px
        Its size.

    Raises
    ------
    DeviceError
        If there is no PsychoPy, no display, or no such screen.
    """

    def __init__(self, screen: int) -> None:
        self._window = _opened(screen)
        from psychopy.visual import shaders
        from pyglet import gl

        self._gl: Any = gl
        self._window.mouseVisible = False
        self.width_px, self.height_px = self._window.winHandle.get_size()
        self._program = shaders.compileProgram(_VERTEX, _FRAGMENT)
        self._pictures: dict[str, tuple[int, int]] = {}

    def load(self, name: str, picture: Picture) -> None:
        """Take a picture to the graphics card."""
        gl = self._gl
        phases = self._texture(picture.phases[:, :, None], _R32F, gl.GL_RED, gl.GL_FLOAT)
        table = self._texture(picture.table[None], gl.GL_RGB8, gl.GL_RGB, gl.GL_UNSIGNED_BYTE)
        self._pictures[name] = phases, table

    def forget(self) -> None:
        """Drop all pictures."""
        for textures in self._pictures.values():
            self._gl.glDeleteTextures(2, (self._gl.GLuint * 2)(*textures))
        self._pictures = {}

    def fill(self, levels: Levels) -> None:
        """Draw one colour over the whole screen."""
        self._clear((0, 0, self.width_px, self.height_px), levels)

    def draw(self, name: str, shift: float) -> None:
        """Draw a picture over the whole screen."""
        gl, program = self._gl, self._program
        gl.glViewport(0, 0, self.width_px, self.height_px)
        gl.glDisable(gl.GL_SCISSOR_TEST)
        gl.glDisable(gl.GL_BLEND)
        gl.glUseProgram(program)
        for unit, (label, texture) in enumerate(
            zip((b"phases", b"table"), self._pictures[name], strict=True)
        ):
            gl.glActiveTexture(gl.GL_TEXTURE0 + unit)
            gl.glBindTexture(gl.GL_TEXTURE_2D, texture)
            gl.glUniform1i(gl.glGetUniformLocation(program, label), unit)
        size = float(self.width_px), float(self.height_px)
        gl.glUniform2f(gl.glGetUniformLocation(program, b"size"), *size)
        gl.glUniform1f(gl.glGetUniformLocation(program, b"shift"), shift)
        gl.glBegin(gl.GL_QUADS)
        for corner in ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)):
            gl.glVertex2f(*corner)
        gl.glEnd()
        gl.glUseProgram(0)
        gl.glActiveTexture(gl.GL_TEXTURE0)

    def patch(self, size_px: int, corner: Corner, levels: Levels) -> None:
        """Draw a square into a corner."""
        left = 0 if corner.endswith("left") else self.width_px - size_px
        bottom = 0 if corner.startswith("bottom") else self.height_px - size_px
        self._clear((left, bottom, size_px, size_px), levels)

    def finish(self) -> None:
        """Wait until all is drawn."""
        self._gl.glFinish()

    def flip(self) -> tuple[float, float]:
        """Let the screen show what was drawn; return when it was asked to, and when it had."""
        asked = time.perf_counter()
        self._window.flip(clearBuffer=False)
        return asked, time.perf_counter()

    def close(self) -> None:
        """Give the screen back."""
        self._window.close()

    def _clear(self, box: tuple[int, int, int, int], levels: Levels) -> None:
        gl = self._gl
        gl.glEnable(gl.GL_SCISSOR_TEST)
        gl.glScissor(*box)
        gl.glClearColor(*(level / 255 for level in levels), 1.0)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT)

    def _texture(self, values: NDArray[Any], inside: int, channels: int, number: int) -> int:
        """Return a new texture that holds values, ``(height, width, channels)``, as they are."""
        gl = self._gl
        name = gl.GLuint()
        gl.glGenTextures(1, ctypes.byref(name))
        gl.glBindTexture(gl.GL_TEXTURE_2D, name.value)
        for which in (gl.GL_TEXTURE_MIN_FILTER, gl.GL_TEXTURE_MAG_FILTER):
            gl.glTexParameteri(gl.GL_TEXTURE_2D, which, gl.GL_NEAREST)
        for which in (gl.GL_TEXTURE_WRAP_S, gl.GL_TEXTURE_WRAP_T):
            gl.glTexParameteri(gl.GL_TEXTURE_2D, which, gl.GL_CLAMP_TO_EDGE)
        gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)
        height, width = values.shape[:2]
        data = np.ascontiguousarray(values).ctypes.data_as(ctypes.c_void_p)
        place = gl.GL_TEXTURE_2D, 0, inside, width, height, 0, channels, number
        gl.glTexImage2D(*place, data)
        return int(name.value)


def _opened(screen: int) -> Any:
    """Return PsychoPy's window on a screen."""
    where = f"screen {screen}"
    try:
        import pyglet

        # A second, hidden window on the first screen would share textures with this one, which
        # no screen of another number can.
        pyglet.options["shadow_window"] = False
        from psychopy import logging, visual

        logging.console.setLevel(logging.ERROR)
        if not _is_there(pyglet, screen):  # PsychoPy would take another one
            raise DeviceError("the system has no screen of that number", where, LOOK)
        return visual.Window(
            fullscr=True,
            screen=screen,
            allowGUI=False,
            checkTiming=False,
            gammaErrorPolicy="ignore",
            autoLog=False,
        )
    except ImportError as error:
        what = f"PsychoPy is not installed ({error})"
        raise DeviceError(what, where, "Install it: docs/how-to/screen.md says how.") from error
    except DeviceError:
        raise
    except Exception as error:  # of pyglet, of the display, of the graphics driver
        what = f"no window could be opened: {type(error).__name__}: {error}"
        raise DeviceError(what, where, LOOK) from error


def _is_there(pyglet: Any, screen: int) -> bool:
    """Whether the system has a screen of that number: a monitor, or a screen of an X server."""
    if screen < len(pyglet.canvas.get_display().get_screens()):
        return True
    if sys.platform != "linux":
        return False
    from pyglet.canvas.xlib import NoSuchDisplayException

    try:
        pyglet.canvas.Display(x_screen=screen)
    except NoSuchDisplayException:
        return False
    return True
