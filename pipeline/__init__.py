"""Bytes in, a :class:`~pipeline.document.Document` out. No web, no database, no money."""
