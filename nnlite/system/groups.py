"""The control groups of Linux that limit this process: its own one and all above it."""

from contextlib import suppress
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")  # where the system shows all groups, or a container its own one and those below
OWN = Path("/proc/self/cgroup")  # "0::/path", of version 1 "4:memory:/path": the group of this process


def own_groups(controller: str = "") -> list[Path]:
    """The folders of this process's group and of those above it, the innermost first; some of them may not exist.

    controller: of version 1, such as "memory"; without it the groups are those of version 2
    """
    top, path = GROUPS / controller, ""
    with suppress(OSError, ValueError):
        for line in OWN.read_text().splitlines():
            _, controllers, found = line.split(":", 2)
            if controller in controllers.split(","):
                path = found.strip("/")
    if ".." in path.split("/"):  # the group is outside of what is shown here
        path = ""
    folder = top / path
    return [folder, *folder.parents][:1 + len(folder.parts) - len(top.parts)]
