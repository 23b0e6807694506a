"""One root error, one message of four parts, one exit code per kind of failure.

Every message a user can see answers four questions in this order: what was tried, what was given, why it cannot be,
and what to do about it. `cli` prints the message and exits with `exit_code`; nothing else in the package prints errors.
"""

from __future__ import annotations


class RnnscopeError(Exception):
    """Root of all errors that rnnscope raises for its users.

    Args:
        tried: what was being done, as a clause ("read the text").
        given: the value, path, shape or option that was met ("'notes.txt', 12 bytes").
        why: why it cannot be, as a clause ("byte 7 is not valid UTF-8").
        todo: what the user can do next, as a sentence; usually a command or an option.
    """

    exit_code = 1

    def __init__(self, *, tried: str, given: str, why: str, todo: str) -> None:
        self.tried, self.given, self.why, self.todo = tried, given, why, todo
        super().__init__(f"cannot {tried}: {given}: {why}. {todo}")

    def __reduce__(self) -> tuple[object, ...]:
        parts = {"tried": self.tried, "given": self.given, "why": self.why, "todo": self.todo}
        return _rebuild, (type(self), parts)


def _rebuild(kind: type[RnnscopeError], parts: dict[str, str]) -> RnnscopeError:
    return kind(**parts)


class InputError(RnnscopeError, ValueError):
    """Bad input or usage: a text, an option or a configuration that cannot be used."""

    exit_code = 2


class MachineError(RnnscopeError, OSError):
    """The machine refused: disk full, no permission, port taken, file missing where one was just written."""

    exit_code = 3


class DamagedArtifact(RnnscopeError):
    """A file of a run is not what was written: cut, flipped, swapped, foreign or of an unknown format."""

    exit_code = 4


class Diverged(RnnscopeError, ArithmeticError):
    """Training met a loss or a gradient that is not finite."""

    exit_code = 5


class Locked(RnnscopeError):
    """Another process is writing the same run folder."""

    exit_code = 6


class Stopped(RnnscopeError):
    """A signal asked the work to stop; what was done so far is saved.

    Args:
        signal_number: the signal, as in the `signal` module; the exit code is 128 + this number.
    """

    def __init__(self, *, signal_number: int, tried: str, given: str, why: str, todo: str) -> None:
        super().__init__(tried=tried, given=given, why=why, todo=todo)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number

    def __reduce__(self) -> tuple[object, ...]:
        parts = {"tried": self.tried, "given": self.given, "why": self.why, "todo": self.todo}
        return _rebuild_stopped, (self.signal_number, parts)


def _rebuild_stopped(signal_number: int, parts: dict[str, str]) -> Stopped:
    return Stopped(signal_number=signal_number, **parts)
