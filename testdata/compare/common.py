"""What the comparisons share: the files of a lake, and the clock.

Each script makes of the readings of a lake what the stage "profile" makes: one row
for each site and local month, with energy, covered hours, mean, 10th, 50th and
99th percentile of the hourly power, median change from hour to hour, and the means
of nights, working days and weekends. It prints wall and processor seconds, and a
sum over the rows by which results can be compared.
"""

import glob
import os
import resource
import sys
import time

ZONE = "Asia/Almaty"


def files():
    """The files of readings of the lake named on the command line."""
    found = sorted(glob.glob(os.path.join(sys.argv[1], "readings", "bucket=*", "year=*", "rows-*.parquet")))
    if not found:
        sys.exit(f"no readings below {sys.argv[1]}")
    return found


class Clock:
    """Wall and processor time of this process and its children from here on."""

    def __init__(self, child=None):
        self.child = child
        self.wall, self.cpu = time.time(), self._cpu()

    def _cpu(self):
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = used.ru_utime + used.ru_stime
        if self.child:  # a JVM, say
            with open(f"/proc/{self.child}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return seconds

    def stop(self, name, rows, wh, floor):
        print(
            f"{name}: {time.time() - self.wall:.2f} s, processor {self._cpu() - self.cpu:.2f} s; "
            f"{rows} site-months, {wh / 1e6:.0f} MWh, floors {floor:.3f} kW"
        )
