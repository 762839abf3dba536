"""The report: one HTML page on a trained classifier and its predictions for some records."""
