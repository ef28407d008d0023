from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.ingress.records import Address
from tests.harness.aws.account import BEGAN, Account
from tests.harness.ingress.cloud import SITE, Cloud

ELSEWHERE = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/other/1"


@pytest.fixture
def account() -> Account:
    cloud = Cloud()
    cloud.comes_up()
    return Account(cloud)


def refused(account: Account, service: str, operation: str, /, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(account.client(service), operation)(**given)
    return str(caught.value.response["Error"]["Code"])


def cluster(account: Account) -> str:
    return account.cloud.console().cluster


def zone(account: Account) -> str:
    return str(account.client("route53").list_hosted_zones()["HostedZones"][0]["Id"])


def change(account: Account, action: str, **wanted: Any) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": {"Name": SITE, **wanted}}]}
    account.client("route53").change_resource_record_sets(HostedZoneId=zone(account), ChangeBatch=batch)


def change_refused(account: Account, action: str, **wanted: Any) -> str:
    with pytest.raises(ClientError) as caught:
        change(account, action, **wanted)
    return str(caught.value.response["Error"]["Code"])


def a_record(host: str, ttl: int = 60) -> dict[str, Any]:
    return {"Type": "A", "TTL": ttl, "ResourceRecords": [{"Value": host}]}


@pytest.mark.parametrize(
    ("service", "operation", "given", "code"),
    [
        ("elbv2", "describe_load_balancers", {"Names": ["nobody"]}, "LoadBalancerNotFound"),
        ("elbv2", "describe_listeners", {"LoadBalancerArn": "arn:nobody"}, "LoadBalancerNotFound"),
        ("elbv2", "describe_listeners", {"ListenerArns": ["arn:nobody"]}, "ListenerNotFound"),
        ("elbv2", "describe_target_groups", {"Names": ["nobody"]}, "TargetGroupNotFound"),
        ("elbv2", "describe_target_health", {"TargetGroupArn": ELSEWHERE}, "TargetGroupNotFound"),
        ("elbv2", "register_targets", {"TargetGroupArn": ELSEWHERE, "Targets": [{"Id": "x"}]}, "TargetGroupNotFound"),
        ("elbv2", "create_load_balancer", {"Name": "second"}, "TooManyLoadBalancers"),
        ("elbv2", "create_load_balancer", {"Name": "no spaces"}, "ValidationError"),
        ("elbv2", "create_load_balancer", {"Name": "n", "Type": "network"}, "ValidationError"),
        ("elbv2", "create_target_group", {"Name": "second"}, "TooManyTargetGroups"),
        ("elbv2", "describe_rules", {}, "OperationNotPermitted"),
        ("ecs", "describe_services", {"cluster": "nobody", "services": ["x"]}, "ClusterNotFoundException"),
        ("ecs", "describe_services", {"services": ["x"]}, "ClusterNotFoundException"),
        ("ecs", "describe_task_definition", {"taskDefinition": "pizza-service:99"}, "ClientException"),
        ("ecs", "stop_task", {"task": "task-1"}, "UnsupportedFeatureException"),
        ("cloudformation", "describe_stacks", {"StackName": "nobody"}, "ValidationError"),
        ("cloudformation", "describe_stack_events", {"StackName": "nobody"}, "ValidationError"),
        ("cloudformation", "delete_stack", {"StackName": "pizza-service-stack"}, "ValidationError"),
        ("route53", "get_hosted_zone", {"Id": "ZNOBODY"}, "NoSuchHostedZone"),
        ("route53", "list_resource_record_sets", {"HostedZoneId": "ZNOBODY"}, "NoSuchHostedZone"),
        ("route53", "get_change", {"Id": "CNOBODY"}, "NoSuchChange"),
        ("route53", "list_health_checks", {}, "InvalidInput"),
        ("sts", "get_session_token", {}, "ValidationError"),
    ],
)
def test_call_for_what_is_not_there_or_cannot_be_done_is_refused_as_aws_refuses(
    account: Account, service: str, operation: str, given: dict[str, Any], code: str
) -> None:
    assert refused(account, service, operation, **given) == code
    assert account.deeds == []


def test_service_that_is_not_there_is_a_failure_and_an_update_of_it_is_refused(account: Account) -> None:
    described = account.client("ecs").describe_services(cluster=cluster(account), services=["nobody"])
    assert described["services"] == []
    assert [each["reason"] for each in described["failures"]] == ["MISSING"]
    given = {"cluster": cluster(account), "service": "nobody", "forceNewDeployment": True}
    assert refused(account, "ecs", "update_service", **given) == "ServiceNotFoundException"
    missing = account.client("ecs").describe_tasks(cluster=cluster(account), tasks=["task-9"])
    assert [each["reason"] for each in missing["failures"]] == ["MISSING"]


def test_service_events_tell_the_night_and_the_newest_comes_first(account: Account) -> None:
    cloud, ecs = account.cloud, account.client("ecs")
    cloud.does(cloud.plane.remove_balancer(now=cloud.now))
    cloud.wait(600)
    service = ecs.describe_services(cluster=cluster(account), services=[cloud.console().service])["services"][0]
    said = [each["message"] for each in service["events"]]
    assert said[0].startswith("(service pizza-service-1) has stopped 1 running tasks: (task task-3)")
    assert any("unhealthy in its target group" in each and "no load balancer" in each for each in said)
    assert said[-2:] == [
        "(service pizza-service-1) has started 1 tasks: (task task-1).",
        "(service pizza-service-1) began to deploy pizza-service:1: pushed v1: first version.",
    ]
    assert (service["runningCount"], service["desiredCount"]) == (0, 1)
    stopped = ecs.list_tasks(cluster=cluster(account), desiredStatus="STOPPED")["taskArns"]
    assert "load balancer" in ecs.describe_tasks(cluster=cluster(account), tasks=stopped)["tasks"][-1]["stoppedReason"]


def test_stack_events_are_the_audit_trail_with_its_dates(account: Account) -> None:
    cloud, stacks = account.cloud, account.client("cloudformation")
    cloud.does(cloud.plane.remove_balancer(now=cloud.now))
    newest = stacks.describe_stack_events(StackName="pizza-service-stack")["StackEvents"][0]
    assert newest["ResourceStatus"] == "DELETE_COMPLETE"
    assert newest["ResourceType"] == "AWS::ElasticLoadBalancingV2::LoadBalancer"
    assert newest["LogicalResourceId"] == "pizza-service-balancer-1"
    assert newest["Timestamp"] == BEGAN + timedelta(seconds=30)


def test_load_balancer_is_dated_by_its_creation_and_the_stack_by_its_first_and_last_event(account: Account) -> None:
    cloud, elb = account.cloud, account.client("elbv2")
    cloud.does(cloud.plane.remove_balancer(now=cloud.now))
    cloud.wait(600)
    made = elb.create_load_balancer(Name="mended")["LoadBalancers"][0]
    assert made["CreatedTime"] == BEGAN + timedelta(seconds=630)
    stack = account.client("cloudformation").describe_stacks()["Stacks"][0]
    assert (stack["CreationTime"], stack["LastUpdatedTime"]) == (BEGAN, BEGAN + timedelta(seconds=630))


def test_target_without_a_load_balancer_is_not_in_use(account: Account) -> None:
    cloud, elb = account.cloud, account.client("elbv2")
    group = elb.describe_target_groups()["TargetGroups"][0]
    assert len(group["LoadBalancerArns"]) == 1
    cloud.does(cloud.plane.remove_balancer(now=cloud.now))
    health = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"][0]
    assert health["TargetHealth"]["Reason"] == "Target.NotInUse"
    assert elb.describe_target_groups()["TargetGroups"][0]["LoadBalancerArns"] == []


def test_target_that_is_no_task_cannot_be_registered_and_is_not_registered(account: Account) -> None:
    elb = account.client("elbv2")
    group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    stranger = [{"Id": "127.0.0.1", "Port": 1}]
    assert refused(account, "elbv2", "register_targets", TargetGroupArn=group, Targets=stranger) == "InvalidTarget"
    shown = elb.describe_target_health(TargetGroupArn=group, Targets=stranger)["TargetHealthDescriptions"][0]
    assert shown["TargetHealth"]["Reason"] == "Target.NotRegistered"


def test_load_balancer_created_again_with_its_name_is_the_same_and_nothing_is_done(account: Account) -> None:
    elb = account.client("elbv2")
    there = elb.describe_load_balancers()["LoadBalancers"][0]
    again = elb.create_load_balancer(Name=there["LoadBalancerName"])["LoadBalancers"][0]
    assert again["LoadBalancerArn"] == there["LoadBalancerArn"]
    assert account.deeds == []


def test_load_balancer_deleted_its_name_is_not_used_twice_and_deleting_it_again_does_nothing(account: Account) -> None:
    elb = account.client("elbv2")
    gone = elb.describe_load_balancers()["LoadBalancers"][0]
    elb.delete_load_balancer(LoadBalancerArn=gone["LoadBalancerArn"])
    elb.delete_load_balancer(LoadBalancerArn=gone["LoadBalancerArn"])
    assert [deed.title for deed in account.deeds] == ["aws elbv2 delete-load-balancer"]
    code = refused(account, "elbv2", "create_load_balancer", Name=gone["LoadBalancerName"])
    assert code == "DuplicateLoadBalancerName"


def test_listener_comes_with_the_balancer_and_only_that_one_can_be(account: Account) -> None:
    elb = account.client("elbv2")
    arn = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"][0]
    group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    assert listener["DefaultActions"][0]["TargetGroupArn"] == group
    given = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": listener["DefaultActions"]}
    assert elb.create_listener(**given)["Listeners"][0]["ListenerArn"] == listener["ListenerArn"]
    assert refused(account, "elbv2", "create_listener", **{**given, "Port": 8080}) == "TooManyListeners"
    other = [{"Type": "forward", "TargetGroupArn": ELSEWHERE}]
    assert refused(account, "elbv2", "create_listener", **{**given, "DefaultActions": other}) == "TargetGroupNotFound"
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    code = refused(account, "elbv2", "create_listener", **{**given, "DefaultActions": fixed})
    assert code == "InvalidConfigurationRequest"
    arn = listener["ListenerArn"]
    assert refused(account, "elbv2", "delete_listener", ListenerArn=arn) == "OperationNotPermitted"


@pytest.mark.parametrize("kind", ["alias", "dualstack alias", "CNAME"])
def test_record_that_leads_to_a_balancer_by_its_name_becomes_its_address(account: Account, kind: str) -> None:
    cloud = account.cloud
    change(account, "UPSERT", **a_record("127.0.0.99"))
    balancer = account.client("elbv2").describe_load_balancers()["LoadBalancers"][0]
    stacks = "dualstack." if kind == "dualstack alias" else ""
    alias = {"DNSName": stacks + balancer["DNSName"], "HostedZoneId": "Z1", "EvaluateTargetHealth": False}
    values = {"TTL": 30, "ResourceRecords": [{"Value": balancer["DNSName"]}]}
    change(account, "UPSERT", **({"Type": kind, **values} if kind == "CNAME" else {"Type": "A", "AliasTarget": alias}))
    record = cloud.zone.find(SITE)
    assert record is not None
    assert (record.address, cloud.is_reached()) == (Address("127.0.0.1", 8001), True)
    assert record.ttl == timedelta(seconds=30 if kind == "CNAME" else 60)


def test_record_shows_its_port_in_a_record_beside_it(account: Account) -> None:
    found = account.client("route53").list_resource_record_sets(HostedZoneId=zone(account))["ResourceRecordSets"]
    assert [(each["Type"], each["ResourceRecords"][0]["Value"]) for each in found] == [
        ("A", "127.0.0.1"),
        ("SRV", f"0 0 8001 {SITE}."),
    ]


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        ("CREATE", a_record("127.0.0.2")),
        ("DELETE", a_record("127.0.0.2")),
        ("DELETE", {**a_record("127.0.0.1"), "Name": "nobody.pizza.test"}),
        ("UPSERT", {**a_record("127.0.0.2"), "Name": "pizza.example.com"}),
        ("UPSERT", a_record("not an address")),
        ("UPSERT", a_record("127.0.0.2", ttl=2**31)),
        ("UPSERT", {"Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"x"'}]}),
        ("UPSERT", {"Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "example.com"}]}),
    ],
)
def test_change_that_cannot_be_is_refused_and_the_whole_batch_with_it(
    account: Account, action: str, wanted: dict[str, Any]
) -> None:
    name = wanted.get("Name", SITE)
    first = {"Action": "UPSERT", "ResourceRecordSet": {"Name": SITE, **a_record("127.0.0.50")}}
    batch = {"Changes": [first, {"Action": action, "ResourceRecordSet": {**wanted, "Name": name}}]}
    given = {"HostedZoneId": zone(account), "ChangeBatch": batch}
    assert refused(account, "route53", "change_resource_record_sets", **given) in {"InvalidChangeBatch", "InvalidInput"}
    assert account.deeds == []
    assert account.cloud.is_reached()


def test_record_deleted_and_created_in_one_batch_is_replaced(account: Account) -> None:
    changes = [
        {"Action": "DELETE", "ResourceRecordSet": {"Name": SITE, **a_record("127.0.0.1")}},
        {"Action": "CREATE", "ResourceRecordSet": {"Name": SITE, **a_record("127.0.0.7", ttl=5)}},
    ]
    route53 = account.client("route53")
    made = route53.change_resource_record_sets(HostedZoneId=zone(account), ChangeBatch={"Changes": changes})
    assert route53.get_change(Id=made["ChangeInfo"]["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    record = account.cloud.zone.find(SITE)
    assert record is not None
    assert (record.address.host, record.ttl) == ("127.0.0.7", timedelta(seconds=5))


def test_number_of_tasks_is_the_runs_own_and_an_update_without_a_change_does_nothing(account: Account) -> None:
    given = {"cluster": cluster(account), "service": account.cloud.console().service}
    assert refused(account, "ecs", "update_service", desiredCount=3, **given) == "InvalidParameterException"
    account.client("ecs").update_service(desiredCount=1, **given)
    assert account.deeds == []


def test_new_deployment_forced_replaces_the_task(account: Account) -> None:
    ecs, cloud = account.client("ecs"), account.cloud
    ecs.update_service(cluster=cluster(account), service=cloud.console().service, forceNewDeployment=True)
    cloud.wait(60)
    assert cloud.running == {"task-2"}


def test_service_deleted_without_force_or_created_twice_is_refused(account: Account) -> None:
    given = {"cluster": cluster(account), "service": account.cloud.console().service}
    assert refused(account, "ecs", "delete_service", **given) == "InvalidParameterException"
    twice = {"cluster": cluster(account), "serviceName": "x", "taskDefinition": "pizza-service"}
    assert refused(account, "ecs", "create_service", **twice) == "InvalidParameterException"


def test_definition_of_another_family_or_without_an_image_is_refused(account: Account) -> None:
    image = [{"name": "x", "image": "x:1"}]
    other = {"family": "other", "containerDefinitions": image}
    assert refused(account, "ecs", "register_task_definition", **other) == "ClientException"
    nothing = {"family": "pizza-service", "containerDefinitions": [{"name": "x"}]}
    assert refused(account, "ecs", "register_task_definition", **nothing) == "ClientException"


def test_deed_says_who_did_it_and_what_it_is_called_on_the_command_line(account: Account) -> None:
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": SITE, **a_record("127.0.0.3")}}]}
    route53 = account.client("route53", who="Jaquelyn", region="ap-south-1")
    route53.change_resource_record_sets(HostedZoneId=zone(account), ChangeBatch=batch)
    assert [(deed.who, deed.title) for deed in account.deeds] == [
        ("Jaquelyn", "aws route53 change-resource-record-sets")
    ]


def test_service_that_does_not_run_here_is_refused(account: Account) -> None:
    assert refused(account, "sqs", "list_queues") in {"NotImplemented", "501"}


def test_caller_is_told_an_account(account: Account) -> None:
    assert account.client("sts").get_caller_identity()["Account"] == "000000000000"
