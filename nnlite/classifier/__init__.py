"""`TitleClassifier`, which turns titles into category names, and its model as a folder or as a page."""
