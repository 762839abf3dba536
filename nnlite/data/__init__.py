"""Files of products become records, records become tokens and label ids, and these become matrices."""
