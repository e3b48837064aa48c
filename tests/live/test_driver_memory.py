"""A driver that gets no memory. libsqliteodbc swallows it in places and says that all is well with fewer rows, which looks like records
that were deleted. The process in which a driver works ends instead, and the run says why. With the plain build: a sanitizer has an
allocator of its own."""
import os
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT
from matters import grievance

PROGRAM = Path(os.environ.get("BRIDGE_BINARY") or ROOT / "build/cctns-bridge")
PLACES = (3, 40)
# the SHORT_N-th allocation of a process that has the driver among its callers fails
SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
static long at, seen;
static int inside;
__attribute__((constructor)) static void begin(void)
{
    void *frames[2];
    inside = 1;
    backtrace(frames, 2);
    inside = 0;
    at = atol(getenv("SHORT_N"));
}
static int fails(void)
{
    void *frames[12];
    int n, by_driver = 0;
    Dl_info who;
    if (inside || !at || seen >= at)
        return 0;
    inside = 1;
    n = backtrace(frames, 12);
    for (int i = 0; i < n && !by_driver; i++)
        by_driver = dladdr(frames[i], &who) && strstr(who.dli_fname, "libsqlite3odbc");
    if (by_driver && ++seen == at) {
        int fd = open(getenv("SHORT_LOG"), O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd < 0 || write(fd, "failed\n", 7) != 7)
            abort();
        close(fd);
        inside = 0;
        return 1;
    }
    inside = 0;
    return 0;
}
void *malloc(size_t n) { return fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return fails() ? NULL : __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return n && fails() ? NULL : __libc_realloc(p, n); }
"""


@pytest.fixture
def short(tmp_path):
    (tmp_path / "short.c").write_text(SOURCE)
    subprocess.run(["cc", "-O1", "-fPIC", "-shared", "-o", tmp_path / "short.so", tmp_path / "short.c", "-ldl"], check=True)
    return tmp_path / "short.so"


def test_a_driver_that_gets_no_memory_brings_nothing(site, short, tmp_path):
    site.store.add_complaints([grievance(n) for n in range(1, 8)])
    site("sync", code=0, program=PROGRAM)
    differences = site.sql("SELECT count(*) FROM bridge.difference")
    for n in PLACES:
        log = tmp_path / f"met-{n}"
        done = site("reconcile", program=PROGRAM, wrap=["env", f"LD_PRELOAD={short}", f"SHORT_N={n}", f"SHORT_LOG={log}"])
        assert log.exists(), f"allocation {n} of the driver was never reached"
        assert done.code == 75 and "because it got no memory" in done.err, (n, done.code, done.err)
        assert site.sql("SELECT count(*) FROM bridge.difference") == differences, n
    site("reconcile", code=0, program=PROGRAM)
