"""Webhooks go to public addresses only, however an address is written."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::",
        "::1",
        "::127.0.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:a00:1::",
        "2001:0:a00:1::",
        "2001:db8::1",
        "localhost",
        "",
        "2130706433",
    ],
)
def test_no_private_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"]
)
def test_a_public_address_is(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_mapped_into_ipv6_is_judged_as_what_it_is(address: IPv4Address) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))


@given(st.ip_addresses(v=4), st.sampled_from((96, 80, 16)))
def test_no_private_ipv4_address_hides_in_an_ipv6_one(address: IPv4Address, at: int) -> None:
    """After 64:ff9b:: and in 6to4, whatever the IPv4 address is."""
    prefixes = {96: "64:ff9b::", 80: "2002::", 16: "::"}
    shift = {96: 0, 80: 80, 16: 0}[at]
    assert not is_public(str(IPv6Address(int(IPv6Address(prefixes[at])) | int(address) << shift)))


@given(st.ip_addresses())
def test_what_python_holds_for_private_is_never_public(address: IPv4Address | IPv6Address) -> None:
    known = ip_address(str(address))
    private = known.is_private or known.is_loopback or known.is_link_local or known.is_multicast or known.is_reserved
    if isinstance(known, IPv6Address) and known.ipv4_mapped:
        return
    assert not (private and is_public(str(address)))
