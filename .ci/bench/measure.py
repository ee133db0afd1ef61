"""Runs a command and tells what it cost: wall, CPU of the whole tree, peak memory of the whole tree."""

import os
import platform
import signal
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass

SAMPLE_SECONDS = 0.05
PAGE = os.sysconf("SC_PAGE_SIZE")


class Unmeasured(Exception):
    """Something that could not be measured, and why; said in the report, never an end of the build."""


@dataclass
class Cost:
    """Seconds of wall and CPU, bytes at the peak."""

    wall: float
    cpu: float
    peak: int


def processes():
    """(pid, parent, session) of every process that can be seen."""
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                # The command's name may hold anything: what counts comes after its last bracket.
                fields = file.read().rpartition(b")")[2].split()
            yield int(name), int(fields[1]), int(fields[3])
        except (OSError, IndexError, ValueError):
            continue


def tree(root):
    """The processes of the session that `root` leads, and their descendants."""
    found, grew = {root}, True
    rows = list(processes())
    while grew:
        more = {pid for pid, parent, session in rows if parent in found or session == root} - found
        found |= more
        grew = bool(more)
    return found


def resident(pids):
    """Bytes in memory: every process's own pages, and the shared ones of the process that has most of them.

    Several processes of one program map the same files; adding up their resident sizes would count these
    again for each. Reading proportional sizes walks all pages and would slow what is measured.
    """
    own, shared = 0, 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm", encoding="ascii") as file:
                fields = file.read().split()
            own += (int(fields[1]) - int(fields[2])) * PAGE
            shared = max(shared, int(fields[2]) * PAGE)
        except (OSError, IndexError, ValueError):
            continue
    return own + shared


class Watch(threading.Thread):
    """Samples the memory of one tree until told to stop."""

    def __init__(self, root):
        super().__init__(daemon=True)
        self.root, self.peak, self.over = root, 0, threading.Event()

    def run(self):
        while not self.over.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, resident(tree(self.root)))


def end(root):
    """Ends what is left of a tree that this script started."""
    for pid in tree(root):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass


def measured(command, cores=None, timeout=14400, log=None):
    """Runs `command`, on these `cores` only if given. The CPU time is that of all descendants it waited for."""
    said = open(log, "wb") if log else subprocess.DEVNULL
    pin = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    begin = time.monotonic()
    child = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                             start_new_session=True, preexec_fn=pin)
    watch, timer = Watch(child.pid), threading.Timer(timeout, end, [child.pid])
    watch.start()
    timer.start()
    status = None
    try:
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
    finally:
        if status is None:
            end(child.pid)
        else:
            child.returncode = os.waitstatus_to_exitcode(status)
        watch.over.set()
        timer.cancel()
        watch.join()
        if log:
            said.close()
    if child.returncode:
        raise Unmeasured(f"{os.path.basename(str(command[0]))} ended with {child.returncode}: {last_words(log)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, watch.peak)


def last_words(log):
    if not log:
        return "no log"
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = [line.strip() for line in file.read()[-4000:].splitlines() if line.strip()]
    return (lines or ["no output"])[-1][:300]


def output(*command):
    """What a short command prints, or nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def machine(rung):
    """One line: cores, processor, versions."""
    model = "unknown processor"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), model)
    except OSError:
        pass
    first = lambda text: (text.splitlines() or ["not found"])[0].strip()
    versions = [first(output(str(rung), "--version")), first(output("ffmpeg", "-version")).partition(" Copyright")[0]]
    load = os.getloadavg()[0]
    return f"{len(os.sched_getaffinity(0))} cores of {model}, {platform.system()} {platform.release()}; " \
           f"{'; '.join(versions)}; load before the start {load:.2f}"


def spread(values, digits=2):
    """`0.43 (0.42 to 0.45)`: median, least and most."""
    values = sorted(values)
    if not values:
        return "-"
    text = f"{statistics.median(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ({values[0]:.{digits}f} to {values[-1]:.{digits}f})"
