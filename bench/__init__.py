"""Measures ocr-chat against peers and against the bare engines."""
