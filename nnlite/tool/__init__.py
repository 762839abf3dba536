"""The command line: its parser, commands, progress display and HTML report."""
