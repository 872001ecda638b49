"""What makes a process that reads pages spend its time on pages: one thread, and memory kept between them.

A page's pictures are megabytes each. By default the C library gives such memory back to the kernel as soon as it is
free, and the next picture is paid for again, page by page of zeroed memory: 4,500 of them for a page of text, 14 ms.
"""

import ctypes
import sys

# glibc's malloc.h
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MIB = 1024 * 1024
_KEPT = 128 * _MIB  # at most, of memory that is free
_FROM_HEAP = 32 * _MIB  # the largest that malloc takes; an A4 page at 300 dpi in colour has 26
_STEP = 16 * _MIB


def tune_process() -> None:
    """For a process that reads pages; at its start, before it has read one."""
    import cv2

    # As many threads as cores, which is OpenCV's own choice, wait for each other for a third of their time.
    cv2.setNumThreads(1)
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            for parameter, value in (
                (_M_MMAP_THRESHOLD, _FROM_HEAP),
                (_M_TRIM_THRESHOLD, _KEPT),
                (_M_TOP_PAD, _STEP),
            ):
                mallopt(parameter, value)
