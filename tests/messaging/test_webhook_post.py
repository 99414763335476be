"""A webhook leaves signed, to the address that was checked, and whatever the receiver does is told in one word."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from domain.deliveries import Answered
from messaging.sealing import Seal, UnreadableSecretError, new_secret
from messaging.webhook_post import Resolve, WebhookPost, headers_of
from settings import Settings
from tests.stand_in.receiver import HANG, Receiver

pytestmark = pytest.mark.anyio
BODY = '{"type":"endpoint.test"}'


def _leads_to(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> Sequence[str]:
        del host, port
        return addresses

    return resolve


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        running.secrets.append(new_secret())
        yield running


@pytest.fixture
async def post() -> AsyncIterator[WebhookPost]:
    async with WebhookPost(to_private=True, within=0.5) as way:
        yield way


def _signed(*secrets: str) -> dict[str, str]:
    return headers_of("event-1", BODY, secrets, datetime.now(UTC))


async def _to(url: str, resolve: Resolve) -> Answered:
    async with WebhookPost(resolve=resolve, within=0.5) as way:
        return await way.post(url, _signed(new_secret()), BODY)


async def test_either_secret_of_a_rotation_verifies_it(receiver: Receiver, post: WebhookPost) -> None:
    old, new = receiver.secrets[0], new_secret()
    for known in (old, new):
        receiver.secrets[:] = [known]
        answer = await post.post(receiver.url, _signed(new, old), BODY)
        assert (answer.status, answer.problem, answer.excerpt) == (200, None, "thank you")
        assert receiver.arrived[-1].document == {"type": "endpoint.test"}
        assert receiver.arrived[-1].id == "event-1"
    receiver.secrets[:] = [new_secret()]
    await post.post(receiver.url, _signed(new, old), BODY)
    assert receiver.arrived[-1].document is None


async def test_a_redirect_is_an_answer_and_leads_nowhere(receiver: Receiver, post: WebhookPost) -> None:
    receiver.script.append(302)
    receiver.headers["Location"] = receiver.url + "/secret"
    assert (await post.post(receiver.url, _signed(new_secret()), BODY)).status == 302
    assert len(receiver.arrived) == 1


async def test_silence_is_a_timeout_and_a_closed_port_is_refused(receiver: Receiver, post: WebhookPost) -> None:
    receiver.script.append(HANG)
    silent = await post.post(receiver.url, _signed(new_secret()), BODY)
    assert (silent.status, silent.problem) == (None, "timeout")
    assert 400 <= silent.ms < 2000
    closed = await post.post("http://127.0.0.1:1/", _signed(new_secret()), BODY)
    assert (closed.status, closed.problem) == (None, "refused")


async def test_of_a_long_answer_the_beginning_is_kept_in_characters_that_can_be(
    receiver: Receiver, post: WebhookPost
) -> None:
    receiver.answer = b"\x00\xff\nno " + b"x" * 100_000
    answer = await post.post(receiver.url, _signed(new_secret()), BODY)
    assert len(answer.excerpt) <= 500
    assert answer.excerpt.isprintable()
    assert answer.excerpt.lstrip("\ufffd ").startswith("no xxx")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_into_a_private_network_is_refused(receiver: Receiver, address: str) -> None:
    url = receiver.url.replace("127.0.0.1", "hooks.example.com")
    answer = await _to(url, _leads_to(address))
    assert (answer.status, answer.problem) == (None, "private_address")
    mixed = await _to(url, _leads_to("93.184.216.34", address))
    assert mixed.problem == "private_address"
    assert receiver.arrived == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"]
)
async def test_a_private_address_written_in_any_way_is_refused(receiver: Receiver, host: str) -> None:
    async with WebhookPost(within=2) as way:
        answer = await way.post(f"http://{host}:{receiver.port}/", _signed(new_secret()), BODY)
    assert answer.problem in ("private_address", "unknown_host", "url")
    assert receiver.arrived == []


async def test_a_name_without_an_address_says_so() -> None:
    async def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError(host, port)

    assert (await _to("https://hooks.example.com/", nowhere)).problem == "unknown_host"


async def test_the_name_is_asked_once_and_the_checked_address_is_connected(receiver: Receiver) -> None:
    """A name that answers differently the second time is never asked a second time."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    async with WebhookPost(to_private=True, resolve=rebinding, within=2) as way:
        answer = await way.post(f"http://hooks.example.com:{receiver.port}/", _signed(new_secret()), BODY)
    assert (answer.status, asked) == (200, ["hooks.example.com"])
    assert receiver.arrived[0].headers["host"] == f"hooks.example.com:{receiver.port}"


async def test_over_tls_the_certificate_is_that_of_the_name_not_of_the_address(tmp_path: Path) -> None:
    theirs, ours = _certificate(tmp_path, "hooks.example.com")
    with Receiver(tls=theirs) as receiver:
        async with WebhookPost(to_private=True, resolve=_leads_to("127.0.0.1"), verify=ours, within=2) as way:
            right = await way.post(f"https://hooks.example.com:{receiver.port}/", _signed(new_secret()), BODY)
            wrong = await way.post(f"https://other.example.com:{receiver.port}/", _signed(new_secret()), BODY)
        async with WebhookPost(to_private=True, resolve=_leads_to("127.0.0.1"), within=2) as way:
            unknown = await way.post(f"https://hooks.example.com:{receiver.port}/", _signed(new_secret()), BODY)
    assert (right.status, right.problem) == (200, None)
    assert (wrong.problem, unknown.problem) == ("certificate", "certificate")
    assert len(receiver.arrived) == 1


def test_a_secret_is_sealed_with_the_settings_key_and_opened_with_no_other() -> None:
    secret = new_secret()
    ours, theirs = (Seal(Settings(_env_file=None, secret_key=SecretStr(key))) for key in ("one", "other"))
    kept = ours.close(secret)
    assert secret not in kept
    assert ours.open(kept) == secret
    plain = Seal(Settings(_env_file=None))
    assert plain.open(plain.close(secret)) == secret == ours.open(secret)
    for other in (theirs, plain):
        with pytest.raises(UnreadableSecretError):
            other.open(kept)


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of this name, and a client's that trusts it."""
    key, called = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))
