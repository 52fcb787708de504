"""The sandbox, whose pictures carry the mark that their prompt names: signed, described or none.

A program of its own, started like ``python -m pbfigure.sandbox``: signed pictures have a manifest
by c2pa-python, under a certificate of this process; described ones have XMP by exiftool.
"""

from __future__ import annotations

import datetime
import io
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pbfigure.sandbox import drawing
from pbfigure.sandbox.program import sandbox
from pbfigure.store.picture import MIME_TYPES, sniff

ISSUER = "PaperBanana Test Signers"
GENERATOR = "Test Painter"
_plain = drawing.draw


def draw(body: dict[str, Any], task: str, index: int = 0) -> bytes:
    data = _plain(body, task, index)
    prompt = body["prompt"].lower()
    if "signed" in prompt:
        return signed(data)
    return described(data) if "described" in prompt else data


def signed(data: bytes) -> bytes:
    """A picture with a manifest that says that AI made it."""
    manifest = {
        "claim_generator_info": [{"name": GENERATOR, "version": "2.1"}],
        "assertions": [
            {
                "label": "c2pa.actions",
                "data": {
                    "actions": [
                        {
                            "action": "c2pa.created",
                            "digitalSourceType": "http://cv.iptc.org/newscodes/"
                            "digitalsourcetype/trainedAlgorithmicMedia",
                        }
                    ]
                },
            }
        ],
    }
    chain, key = _credentials()
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, key, None)
    out = io.BytesIO()
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder.from_json(manifest) as builder:
        builder.sign(signer, MIME_TYPES[str(sniff(data[:12]))], io.BytesIO(data), out)
    return out.getvalue()


def described(data: bytes) -> bytes:
    """A picture with somebody else's XMP."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"picture.{sniff(data[:12])}"
        path.write_bytes(data)
        command = ["exiftool", "-q", "-overwrite_original", "-XMP-dc:Rights=All mine", str(path)]
        subprocess.run(command, check=True)
        return path.read_bytes()


@cache
def _credentials() -> tuple[bytes, bytes]:
    """A certificate for signing under an authority, and its key, both PEM."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _certificate("Test Authority", "Test Authority", authority, authority, is_ca=True)
    leaf = _certificate(ISSUER, "Test Authority", key, authority, is_ca=False)
    pem = serialization.Encoding.PEM
    return leaf.public_bytes(pem) + issuer.public_bytes(pem), key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(
    name: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_ca: bool,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_ca,
                key_cert_sign=is_ca,
                crl_sign=is_ca,
                encipher_only=False,
                decipher_only=False,
                **usage,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if not is_ca:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=True)
    return builder.sign(signer, hashes.SHA256())


def _name(name: str) -> x509.Name:
    parts = ((NameOID.ORGANIZATION_NAME, name), (NameOID.COMMON_NAME, name))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


if __name__ == "__main__":
    drawing.draw = draw
    sandbox(prog_name="pbfigure sandbox")
