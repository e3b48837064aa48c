"""What the tests of packages share: cells of a site, and packages as their receivers look at them."""
import csv
import email
import email.policy
import io
import subprocess

from servers import ROOT

FILES = ["letter.html", "list.csv", "list.xlsx", "package.xml", "cover.txt", "manifest.txt"]
LISTS = ["new", "overdue", "returned", "unaccepted", "duplicates", "moved", "open"]
DAY1, DAY2, DAY3 = "2020-06-10T20:00:00Z", "2020-06-11T20:00:00Z", "2020-06-12T20:00:00Z"
PACKAGES = "SELECT cell, number, day, state, attempts, said FROM bridge.package ORDER BY cell, number"


def cell(site, name, unit, lines):
    site.extra += f"\n[cell {name}]\nunit = {unit}\n{lines}\n"
    site.write_conf()


def by_mail(site, smtpd, name="kannauj", unit="UP-155", more=""):
    cell(site, name, unit, f"mail = cell@{name}.example deputy@{name}.example\nfrom = bridge@state.example\n{smtpd.conf}{more}")


def by_folder(site, name="kannauj", unit="UP-155", more=""):
    folder = site.folder / f"cell-{name}"
    folder.mkdir()
    cell(site, name, unit, f"folder = {folder}\n{more}")
    return folder


def by_sftp(site, sftpd, more=""):
    login = f"user = {sftpd.user}\nkey = {sftpd.key}\nknown_hosts = {sftpd.known_hosts}"
    cell(site, "kannauj", "UP-155", f"sftp = {sftpd.url}\n{login}\n{more}")
    return sftpd.drop


def packages(site):
    return [tuple(row) for row in site.sql(PACKAGES)]


def files_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def kept(site, name="kannauj", number=1):
    return files_of(site.folder / "packages" / name / f"{number:06}")


def rows_of(data, name=None):
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    return [row for row in rows if name is None or row["list"] == name]


def prove(folder):
    """The manifest as its receiver checks it, and the XML against its schema."""
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "manifest.txt"], cwd=folder, check=True)
    subprocess.run(["xmllint", "--noout", "--nonet", "--schema", ROOT / "mappings/package.xsd", folder / "package.xml"], check=True,
                   stderr=subprocess.DEVNULL)
    head = dict(line[2:].split(" ", 1) for line in (folder / "manifest.txt").read_text().splitlines()
                if line.startswith("# ") and not line.startswith("# rows"))
    counts = dict(line[7:].split() for line in (folder / "manifest.txt").read_text().splitlines() if line.startswith("# rows "))
    assert list(counts) == LISTS
    for name in LISTS:
        assert len(rows_of((folder / "list.csv").read_bytes(), name)) == int(counts[name]), name
    return head, {name: int(n) for name, n in counts.items()}


def opened(message):
    return email.message_from_bytes(message, policy=email.policy.default)


def attachments(message):
    return {part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()}
