"""One file per OCR engine behind one protocol; nothing heavy is imported before an engine is opened."""
