"""Certificates of every kind a stranger or a mistake could show, made with the openssl program."""
import re
import subprocess
import time
from pathlib import Path

from harness import Failure, run

CLIENT, SERVER = "clientAuth", "serverAuth"
DAY = 86400


def stamp(days):
    """A time `days` from now as `openssl ca` wants it."""
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * DAY))


def new_key(file, kind="ec"):
    how = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else \
          ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
    run("openssl", "genpkey", *how, "-out", file)
    return file


def new_authority(folder, name="Somebody else's CA"):
    """A file with key and certificate of a new authority."""
    key = new_key(folder / f"{name}.key")
    certificate = run("openssl", "req", "-x509", "-new", "-key", key, "-subj", f"/CN={name}", "-days", "30",
                      "-addext", "keyUsage=critical,keyCertSign").stdout
    return bundle(folder / f"{name}.pem", certificate, key)


def bundle(file, certificate_text, key, *more):
    """One PEM file: the leaf first, then its chain, then the key."""
    only_key = re.search(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----\n", Path(key).read_text(), re.S)[0]
    Path(file).write_text(certificate_text + "".join(more) + only_key)
    Path(file).chmod(0o600)
    return Path(file)


def certificates(file):
    return re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", Path(file).read_text(), re.S)


def issue(folder, authority, common_name, *, key=None, use=CLIENT, start=-1, end=30, dns=None, authority_too=False,
          key_kind="ec", is_ca=False):
    """A certificate with its key and, for servers, its authority in one file. `authority` None: signed by itself."""
    place = Path(folder) / f"ca-{time.monotonic_ns()}"
    place.mkdir()
    key = key or new_key(place / "key.pem", key_kind)
    (place / "index").touch()
    extensions = ["keyUsage = critical, digitalSignature" + (", keyEncipherment" if key_kind == "rsa" else "")]
    extensions += [f"basicConstraints = critical, CA:{'TRUE' if is_ca else 'FALSE'}"]
    extensions += [f"extendedKeyUsage = {use}"] if use else []
    extensions += [f"subjectAltName = DNS:{dns}"] if dns else []
    newline = "\n"
    (place / "conf").write_text(f"""
[ca]
default_ca = one
[one]
database = {place}/index
new_certs_dir = {place}
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
[leaf]
{newline.join(extensions)}
""")
    run("openssl", "req", "-new", "-key", key, "-subj", f"/CN={common_name}", "-out", place / "csr.pem")
    signer = ["-selfsign", "-keyfile", key] if authority is None else ["-cert", authority, "-keyfile", authority]
    run("openssl", "ca", "-batch", "-notext", "-config", place / "conf", "-extensions", "leaf", *signer,
        "-startdate", stamp(start), "-enddate", stamp(end), "-in", place / "csr.pem", "-out", place / "cert.pem")
    chain = certificates(authority) if authority_too and authority else []
    return bundle(place / "own.pem", certificates(place / "cert.pem")[0], key, *chain)


def s_client(gateway, certificate=None, *options, request=b"GET /admin/v1/status HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n"):
    """What the gateway sends to openssl's client after one request: everything openssl printed."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-servername", gateway.server_name,
               "-CAfile", str(gateway.admin / "server-ca.pem"), "-verify_return_error", "-ign_eof", *options]
    if certificate:
        command += ["-cert", str(certificate), "-key", str(certificate)]
    try:
        done = subprocess.run(command, input=request, capture_output=True, timeout=20)
    except subprocess.TimeoutExpired as slow:
        raise Failure(f"openssl s_client {' '.join(options)}: no end after 20 s: {slow.stdout}")
    return (done.stdout + done.stderr).decode(errors="replace")
