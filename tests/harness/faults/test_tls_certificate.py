from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.faults import TlsCertificate
from harness.faults.fault import Begin, End
from harness.faults.parameters import parameters_of
from harness.faults.troubles import CertificateBad
from harness.ingress.authority import GOOD, make_authority
from harness.load.outcomes import Trouble
from tests.harness.faults.moments import APPLIED, request


def test_tls_certificate_begins_and_ends() -> None:
    assert TlsCertificate("wrong_name").apply() == (Begin(CertificateBad("wrong_name")),)
    assert TlsCertificate("wrong_name").heal() == (End(CertificateBad("wrong_name")),)


@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        ("expired", Trouble.CERTIFICATE_EXPIRED),
        ("wrong_name", Trouble.CERTIFICATE_OF_ANOTHER),
        ("not_yet_valid", Trouble.CERTIFICATE_TOO_NEW),
    ],
)
def test_tls_certificate_is_hit_by_whoever_refused_it_for_that_reason(kind: str, trouble: Trouble) -> None:
    fault = TlsCertificate(kind)
    assert fault.name == f"tls_{kind}"
    assert trouble.value in fault.sees
    assert fault.hit_by(request("register", cause=trouble.value), APPLIED) == f"Ada could not register: {trouble.value}"
    assert fault.hit_by(request("register", cause=trouble.value, after=-1), APPLIED) is None
    assert fault.hit_by(request("register", cause=Trouble.CERTIFICATE_UNTRUSTED.value), APPLIED) is None


def test_tls_certificate_of_an_unknown_kind_is_refused_with_the_one_meant() -> None:
    with pytest.raises(ScenarioError, match=r"kind is 'expird'; did you mean 'expired'\?"):
        TlsCertificate("expird")


def test_tls_certificate_knows_the_kinds_that_an_authority_issues(tmp_path: Path) -> None:
    issued = make_authority(tmp_path, name="a.test", now=datetime(2030, 1, 1, tzinfo=UTC)).site
    assert {GOOD, *parameters_of(TlsCertificate)[0].choices} == set(issued)
