"""Product files of any format as rows: what they are, how they are written, and what in them is broken."""
