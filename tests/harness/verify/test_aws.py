from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from harness.errors import HarnessError, SafetyError, ScenarioError
from harness.ingress.records import Address
from harness.verify import aws
from harness.verify.aws import read_aws
from harness.verify.command import read_console
from harness.verify.findings import Standing
from harness.verify.latent import latent_faults
from tests.harness.aws.account import Account
from tests.harness.ingress.cloud import SITE, Cloud

ENDPOINT = "http://127.0.0.1:1"
URL = f"http://{SITE}"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A site that is up, whose AWS answers in memory."""
    cloud = Cloud()
    cloud.comes_up()
    account = Account(cloud)

    class Session:
        client = staticmethod(lambda service, **_: account.client(service))

    monkeypatch.setattr(aws, "boto3", Session)
    yield cloud
    assert account.deeds == []


def latent(cloud: Cloud) -> dict[str, str]:
    found = latent_faults(read_aws(ENDPOINT, URL))
    return {each.step: each.finding for each in found if each.standing is not Standing.WELL}


def test_aws_of_a_site_that_is_well_shows_what_its_console_shows(cloud: Cloud) -> None:
    seen, shown = read_aws(ENDPOINT, URL), cloud.console()
    assert (seen.site, seen.cluster, seen.service) == (shown.site, shown.cluster, shown.service)
    assert seen.records == shown.records
    assert [each.address for each in seen.balancers] == [each.address for each in shown.balancers]
    assert [(each.address, each.health) for each in seen.targets] == [
        (each.address, "healthy") for each in shown.targets
    ]
    assert seen.deployment == shown.deployment
    assert seen.health_check == shown.health_check
    assert latent(cloud) == {}


def test_aws_without_a_balancer_shows_the_record_that_leads_nowhere_and_the_failed_deployment(cloud: Cloud) -> None:
    cloud.does(cloud.plane.remove_balancer(now=cloud.now))
    cloud.wait(600)
    found = latent(cloud)
    assert (
        found["record's owner"] == "the record points at 127.0.0.1:8001, which is no load balancer of this deployment"
    )
    assert found["balancer's state"] == "the deployment has no load balancer"
    assert found["deployment"].startswith("the deployment of pizza-service:1 is failed: gave up after")


def test_aws_with_a_record_that_leads_astray_shows_where(cloud: Cloud) -> None:
    cloud.does(cloud.plane.set_record(SITE, Address("127.0.0.9", 8001), ttl=timedelta(seconds=5), now=cloud.now))
    assert list(latent(cloud)) == ["record's owner"]


def test_aws_without_a_record_or_a_service_shows_none(cloud: Cloud) -> None:
    cloud.does(cloud.plane.remove_record(SITE, now=cloud.now))
    cloud.does(cloud.plane.delete_service(now=cloud.now))
    seen = read_aws(ENDPOINT, URL)
    assert (seen.records, seen.deployment, seen.service) == ((), None, "")


@pytest.mark.parametrize(
    "record",
    [
        {"Type": "A", "AliasTarget": {"DNSName": "Balancer.elb.pizza.test.", "HostedZoneId": "Z1"}},
        {"Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "balancer.elb.pizza.test"}]},
    ],
    ids=["alias", "CNAME"],
)
def test_aws_whose_record_names_a_balancer_shows_that_balancers_address(record: dict[str, Any]) -> None:
    class Dns:
        def list_hosted_zones(self) -> dict[str, Any]:
            return {"HostedZones": [{"Id": "Z1", "Name": "pizza.test."}, {"Id": "Z2", "Name": "other.test."}]}

        def list_resource_record_sets(self, *, HostedZoneId: str) -> dict[str, Any]:  # noqa: N803 - AWS's
            assert HostedZoneId == "Z1"
            return {"ResourceRecordSets": [{"Name": f"{SITE}.", **record}]}

    addresses = {"balancer.elb.pizza.test": "127.0.0.12:8080"}
    (shown,) = aws._records(Dns(), site=SITE, addresses=addresses)
    assert (shown.address, shown.ttl_seconds) == ("127.0.0.12:8080", 60)


def test_aws_elsewhere_than_on_this_machine_is_refused() -> None:
    with pytest.raises(SafetyError, match="does not lead to this machine"):
        read_aws("http://aws.example:4566", URL)


def test_aws_that_nobody_serves_is_an_error_that_says_where_to_get_an_endpoint() -> None:
    with pytest.raises(HarnessError, match=r"gameday --aws` prints a URL"):
        read_aws(ENDPOINT, URL)


def test_console_in_two_places_is_refused() -> None:
    with pytest.raises(ScenarioError, match="Give one of them"):
        read_console(URL, describe="x", aws=ENDPOINT, allowed=())
