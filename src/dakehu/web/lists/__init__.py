"""What lists of every subject share: columns, filters in words, and the views they stand in."""
