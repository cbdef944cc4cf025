"""Writes one hostile archive for a test: hostile_archive.py KIND PATH. Knows nothing of who reads it."""

import io
import sys
import tarfile
import zipfile


def tar(path, *entries):
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, kind, more in entries:
            info = tarfile.TarInfo(name)
            info.type = kind
            body = more if kind == tarfile.REGTYPE else b""
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                info.linkname = more
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))


def zip_of(path, *entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body, mode in entries:
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body)


FILE, LINK, HARD = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def raw_name(path):
    """A name that is no UTF-8, as old tar programs write it."""
    with tarfile.open(path, "w:gz", format=tarfile.USTAR_FORMAT, encoding="latin-1") as archive:
        archive.addfile(tarfile.TarInfo("caf\u00e9.txt"))


def shared_bytes(path):
    """Two entries of the directory that mean the same bytes."""
    zip_of(path, ("a", b"x" * 1000, 0o100644), ("b", b"x" * 1000, 0o100644))
    body = bytearray(open(path, "rb").read())
    first = body.rfind(b"PK\x01\x02", 0, body.rfind(b"PK\x01\x02"))
    second = body.rfind(b"PK\x01\x02")
    body[second + 42 : second + 46] = body[first + 42 : first + 46]
    open(path, "wb").write(body)


KINDS = {
    "tar-traversal": lambda at: tar(at, ("a/../../escaped", FILE, b"x")),
    "tar-absolute": lambda at: tar(at, ("/tmp/stepwell-escaped", FILE, b"x")),
    "tar-link-out": lambda at: tar(at, ("out", LINK, "../.."), ("out/escaped", FILE, b"x")),
    "tar-link-absolute": lambda at: tar(at, ("passwd", LINK, "/etc/passwd")),
    "tar-through-link": lambda at: tar(at, ("d/a", FILE, b"x"), ("l", LINK, "d"), ("l/b", FILE, b"y")),
    "tar-links-chained": lambda at: tar(
        at, ("a/b/c/up", LINK, "../../.."), ("t", LINK, "a/b/c/up/../../x")
    ),
    "tar-hard-link": lambda at: tar(at, ("passwd", HARD, "/etc/passwd")),
    "tar-device": lambda at: tar(at, ("null", tarfile.CHRTYPE, b"")),
    "tar-pipe": lambda at: tar(at, ("pipe", tarfile.FIFOTYPE, b"")),
    "tar-case": lambda at: tar(at, ("Read", FILE, b"1"), ("read", FILE, b"2")),
    "tar-twice": lambda at: tar(at, ("read", FILE, b"1"), ("read", FILE, b"2")),
    "tar-long-name": lambda at: tar(at, ("n" * 4096, FILE, b"1")),
    "tar-not-utf8": raw_name,
    "zip-traversal": lambda at: zip_of(at, ("a/../../escaped", b"x", 0o100644)),
    "zip-backslash": lambda at: zip_of(at, ("..\\..\\escaped", b"x", 0o100644)),
    "zip-link-out": lambda at: zip_of(at, ("out", b"../../etc", 0o120777)),
    "zip-device": lambda at: zip_of(at, ("null", b"", 0o020644)),
    "zip-case": lambda at: zip_of(at, ("A/x", b"1", 0o100644), ("a/y", b"2", 0o100644)),
    "zip-bomb": lambda at: zip_of(at, ("zeros", bytes(150_000_000), 0o100644)),
    "zip-shared": shared_bytes,
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](sys.argv[2])
