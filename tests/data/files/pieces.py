"""Files that come in pieces, shared by the tests of readers."""

import io


class Pieces(io.BytesIO):
    """A file that is read `size` bytes at a time and, if it is damaged, raises an error where it ends."""

    def __init__(self, content, size=7, is_damaged=False):
        super().__init__(content)
        self.size, self.is_damaged = size, is_damaged

    def read1(self, size=-1):
        block = super().read1(self.size)
        if self.is_damaged and not block:
            raise OSError("damaged")
        return block
