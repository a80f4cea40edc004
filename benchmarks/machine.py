"""What the measurements were taken on."""

import platform
from pathlib import Path

from convtool.core.threads import usable_cores


def machine() -> str:
    """The processor's name, where the system tells it, and its number of cores."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [
            line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        name = models[0].partition(":")[2].strip() if models else name
    return f"{name} with {usable_cores()} cores"
