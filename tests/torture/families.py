"""Every family of faults. A family is a module or an object with

    NAME, TITLE                     "F1", "killed at a system call"
    CODES                           exit codes that a run with such a fault may end with (None = the family judges itself)
    points(world, shallow, rng)     the points of a prepared world: at most shallow of them (None = all), drawn by rng; lists or
                                    tuples of texts and numbers, or objects with a label
    play(world, point) -> Outcome   the fault in a run, on a world that was just reset

and, when it needs them: judge(world, outcome, point) -> list in place of world.judge; setup(world) and finish(world), once in
each worker; SAMPLE, how many points it plays inside "make check"; WHOLE, how many points the whole sweep plays at most;
happened(world, outcome, point) -> bool, whether the fault was met at all.
"""
import importlib

MODULES = ("quiet", "kill", "errno_at", "alloc", "backend", "calls", "disk", "clock", "second", "moving", "recon")


def load():
    """All families by name, in order."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(name)
        for family in getattr(module, "FAMILIES", (module,)):
            found[family.NAME.split()[0]] = family
    return dict(sorted(found.items(), key=lambda item: int(item[0][1:])))


def by_name(name):
    """A family by its name ("F1") or by that of its module ("kill")."""
    if name in MODULES:
        module = importlib.import_module(name)
        return getattr(module, "FAMILIES", (module,))[0]
    return load()[name]
