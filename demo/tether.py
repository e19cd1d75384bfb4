"""Runs a program that dies the moment its parent dies, kill -9 included: `tether.py PARENT_PID PROGRAM [ARGUMENTS…]`.

Linux sends the signal asked for by PR_SET_PDEATHSIG, and the wish survives exec. Run as a file, with `-S`: it needs
nothing but the standard library and is there in a few milliseconds.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:  # the parent died before the wish was heard
        sys.exit("the parent is gone")
    os.execv(program[0], program)  # noqa: S606  # there is no shell here, and none is wanted


if __name__ == "__main__":
    main()
