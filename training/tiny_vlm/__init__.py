"""A vision-language model small enough for tests: LightOnOCR's architecture, trained on drawn pages."""
