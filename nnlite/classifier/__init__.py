"""`TitleClassifier`: titles in, category names out; and its model as a folder."""
