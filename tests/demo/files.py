"""Small files of the demo, made byte by byte: they are what they say they are."""
import zlib


def pdf(title, lines=()):
    """A page of ASCII as a PDF document, true enough for a reader and small."""
    text = "".join(f"({''.join(c for c in line if c.isascii() and c not in '()' + chr(92))}) Tj T*\n" for line in (title, *lines))
    stream = f"BT /F1 12 Tf 50 780 Td 16 TL\n{text}ET"
    parts = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
             "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
             f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    out, places = "%PDF-1.4\n", []
    for n, part in enumerate(parts, 1):
        places.append(len(out))
        out += f"{n} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    return (f"{out}xref\n0 6\n0000000000 65535 f \n{table}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n").encode("ascii")


def png(n):
    """A picture of one point, its colour by the number."""
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    point = bytes([0, n % 251, n // 251 % 251, n // 63001 % 251])
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\2\0\0\0")
    return head + chunk(b"IDAT", zlib.compress(point)) + chunk(b"IEND", b"")
