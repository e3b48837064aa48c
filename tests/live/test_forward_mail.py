"""A package that is larger than a mail may be: what goes, what is said of the rest, and what a server that refuses brings."""
import hashlib
import io
import re
import subprocess
import zipfile

from matters import code, grievance
from parcels import DAY2, FILES, attachments, by_mail, kept, opened, packages, rows_of
from smtpd import Smtpd

MANY = 150
SMALLER = [[f for f in FILES if f not in gone] + (["lists.zip"] if zipped else []) for gone, zipped in (
    ((), False), (("list.csv", "package.xml"), True), (("list.csv", "list.xlsx", "package.xml"), True),
    (("list.csv", "list.xlsx", "package.xml"), False))]


def many(site, n=MANY):
    site.store.add_complaints([grievance(n) for n in range(1, n + 1)])
    site("pull", "igrs", code=0)


def coded(site, names, name="kannauj"):
    """Bytes of these files in a mail, without its heads."""
    return sum(len(kept(site, name)[file]) * 4 // 3 * 78 // 76 for file in names)


def whole(folder, message):
    """What came, unpacked as its receiver does it; sha256sum as the manifest has it."""
    folder.mkdir()
    for name, data in attachments(message).items():
        if name == "lists.zip":
            with zipfile.ZipFile(io.BytesIO(data)) as zipped:
                assert zipped.testzip() is None
                zipped.extractall(folder)
        else:
            (folder / name).write_bytes(data)
    proved = subprocess.run(["sha256sum", "--check", "--strict", "--ignore-missing", "manifest.txt"], cwd=folder, check=True,
                            capture_output=True, text=True).stdout
    return sorted(re.findall(r"^(\S+): OK$", proved, re.M)) + ["manifest.txt"]


def test_a_large_package_is_mailed_in_the_largest_form_that_fits(site, smtpd, tmp_path):
    many(site)
    by_mail(site, smtpd, "whole", more="language = en\n")
    site("forward", code=0)
    sizes = {name: coded(site, files, "whole") for name, files in
             {"letter": ("letter.html", "cover.txt", "manifest.txt"), "book": ("list.xlsx",), "all": FILES}.items()}
    limits = {"zipped": sizes["letter"] + sizes["book"] + 60000, "lists": sizes["letter"] + 40000,
              "letter": max(sizes["letter"] + 6000, 65536)}
    assert limits["letter"] < limits["lists"] < limits["zipped"] < sizes["all"], sizes
    for name, limit in limits.items():
        by_mail(site, smtpd, name, more=f"language = en\nmail_limit = {limit}\n")
    site("forward", code=0)
    mails = {opened(raw)["X-CCTNS-Package"].split("-")[0]: raw for _, raw in smtpd.messages()}
    for name, files in zip(("whole", "zipped", "lists", "letter"), SMALLER):
        message, text = opened(mails[name]), opened(mails[name]).get_body().get_content().replace("\r\n", "\n")
        assert sorted(attachments(message)) == sorted(files), name
        assert len(mails[name]) <= limits.get(name, 8 << 20)
        came = whole(tmp_path / name, message)
        gone = sorted(set(FILES) - set(came))
        for file in came:
            assert (tmp_path / name / file).read_bytes() == kept(site, name)[file]
        assert gone == {"whole": [], "zipped": [], "lists": ["list.xlsx", "package.xml"],
                        "letter": ["list.csv", "list.xlsx", "package.xml"]}[name]
        # what is not there is named, with its size, its digest and the rows of its lists, and where to ask
        assert ("lists.zip" in text) == (name in ("zipped", "lists")) and ("NOT in this mail" in text) == bool(gone)
        assert (message["X-CCTNS-Left-Out"] or "") == ", ".join(f for f in FILES if f in gone)
        for file in gone:
            assert re.search(rf"{re.escape(file)} \(\d+\.\d MB\)", text)
            assert hashlib.sha256(kept(site, name)[file]).hexdigest() in attachments(message)["manifest.txt"].decode()
        if gone:
            assert f"the whole list of {MANY} pending" in text and "ask bridge@state.example for package 1" in text
        cover = kept(site, name)["cover.txt"].decode().split("\n\n", 1)[1]
        assert text.endswith(cover) and (text == cover) == (name == "whole")
        assert f"New references: {MANY}" in text
    assert [row[3] for row in packages(site)] == ["sent"] * 4
    assert len(rows_of((tmp_path / "lists/list.csv").read_bytes(), "new")) == MANY


def test_a_mail_again_has_the_same_zip(site, smtpd):
    """Sent twice, in another zone of the machine: the archive tells no clock but that of its package."""
    many(site)
    by_mail(site, smtpd, more=f"mail_limit = {300 << 10}\n")
    smtpd.act("cut")
    site("forward", code=75, env={"TZ": "Asia/Kolkata"})
    smtpd.act("")
    site("forward", code=0, env={"TZ": "America/New_York"})
    one, two = (attachments(opened(raw)) for _, raw in smtpd.messages())
    assert "lists.zip" in one and one == two


def test_what_the_server_announces_is_kept_to(site, tmp_path):
    """SIZE: the server is told the bytes before they come, and what it refuses then goes smaller in the same night."""
    server = Smtpd(tmp_path / "small", limit=300 << 10)
    try:
        many(site)
        by_mail(site, server, more="language = en\n")
        check = site("check")
        assert check.code == 1 and f"no mail of more than {300 << 10} bytes" in check.out
        done = site("forward", code=0)
        assert "552" in done.err and "set mail_limit of [cell kannauj]" in done.err
        ((_, raw),) = server.messages()
        told = int(re.search(r"SIZE=(\d+)", (server.folder / "mail-from").read_text())[1])
        assert len(raw) - 2 <= told <= len(raw) + 2 and len(raw) < 300 << 10
        assert sorted(attachments(opened(raw))) == sorted(SMALLER[1])
        assert packages(site) == [("kannauj", "1", "2020-06-11", "sent", "1", None)]
        site.extra += f"mail_limit = {280 << 10}\n"
        site.write_conf()
        assert re.search(r"kannauj +UP-155 +mail +ok", site("check", code=0).out)
    finally:
        server.stop()


def test_a_server_that_refuses_only_what_came_gets_less(site, smtpd):
    """552 to the message itself, and no SIZE before: less and less of it, down to the letter."""
    many(site)
    by_mail(site, smtpd, more="language = en\n")
    smtpd.act("answer 452 later")
    site("forward", code=75)
    smtpd.act(f"most {coded(site, ('letter.html', 'cover.txt', 'manifest.txt')) + 20000}")
    site("forward", code=0)
    refused = [int(n) for n in (smtpd.folder / "too-large").read_text().split()]
    assert refused == sorted(refused, reverse=True) and len(refused) == len(set(refused)) >= 2
    ((_, raw),) = smtpd.messages()
    assert "lists.zip" in attachments(opened(raw)) and "list.xlsx" not in attachments(opened(raw))
    assert packages(site)[0][3:] == ("sent", "2", None)


def test_a_box_that_is_full_is_told_and_not_tried_for_ever(site, smtpd):
    many(site, 3)
    by_mail(site, smtpd)
    smtpd.act("answer 552 5.2.2 mailbox full")
    done = site("forward", code=3)
    assert "[mail.552]" in done.err and "cctns-bridge forward kannauj" in done.err
    before = kept(site)
    assert packages(site) == [("kannauj", "1", "2020-06-11", "failed", "1", "mail.552")] and sorted(before) == sorted(FILES)
    smtpd.act("")
    site("sync", code=3)                                # not sent again by itself
    assert smtpd.messages() == []
    site.clock.set(DAY2)
    site("sync", code=3)                                # the next day's goes, and tells again what nobody has
    ((_, raw),) = smtpd.messages()
    assert opened(raw)["X-CCTNS-Package"] == "kannauj-000002"
    assert {row["number"] for row in rows_of(attachments(opened(raw))["list.csv"], "new")} == {code(n) for n in (1, 2, 3)}
    site("forward", "kannauj", code=0)
    assert attachments(opened(smtpd.messages()[1][1])) == before
    assert [row[3] for row in packages(site)] == ["sent", "sent"]
