"""Every compiled loop: serial, in place, no validation."""

from nnlite.kernels import compile
from nnlite.kernels.cache import keep_on_disk

compile.keep_on_disk = keep_on_disk
