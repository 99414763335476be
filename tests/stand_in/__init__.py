"""Twilio and SendGrid played on this machine: an HTTP server that checks, answers, remembers, and fails on request.

    with StandIn() as providers:
        settings = Settings(**providers.settings())         # or providers.environment() for another process
        providers.fail(faults.hang(), to="+12025550101")     # the next message to this number; to=None: to anybody
        ...
        assert [r.fields["Body"] for r in providers.taken] == ["..."]

`received` is every request in order, `taken` those whose message the provider now has, whatever it answered: two
`taken` for one message id is a message sent twice. Faults fall only on requests that were right; a wrong one gets the
provider's own refusal and leaves the script as it was, so that a test of a fault is a test of the form too.
A text that Twilio has can be looked up there (`fail(..., is_look_up=True)`); what became of messages is told by
`callbacks`, signed as the providers sign.
For a provider that cannot be reached at all: `closed_port()` and `deaf_port()`.
"""

from tests.stand_in import faults
from tests.stand_in.faults import Fault
from tests.stand_in.ports import closed_port, deaf_port
from tests.stand_in.request import Received
from tests.stand_in.server import StandIn

__all__ = ["Fault", "Received", "StandIn", "closed_port", "deaf_port", "faults"]
