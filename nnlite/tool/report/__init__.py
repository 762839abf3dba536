"""The report: one HTML page on what a trained classifier makes of some records."""
