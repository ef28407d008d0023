"""Route 53: the records that the run's DNS server answers from.

A record is an A record with one address; an alias or a CNAME to a load balancer is followed when it is written. What
no A record can say, the port, stands in an SRV record beside it, which follows by itself and cannot be changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from harness.aws import names
from harness.aws.scene import Answer, Operation, Order, Parameters, Refusal, Scene, told
from harness.ingress.description import Balancer, RecordShown
from harness.ingress.records import LONGEST_TTL, SERVICE, Address

INVALID = "InvalidChangeBatch"
HTTP_PORT = 80
CHANGE = "/change/C0000000000000001"


def _zone(scene: Scene) -> dict[str, Any]:
    return {
        "Id": f"/hostedzone/{names.zone_id(scene)}",
        "Name": f"{names.zone(scene)}.",
        "CallerReference": names.stack(scene),
        "Config": {"Comment": f"The zone of {scene.site.name}", "PrivateZone": False},
        "ResourceRecordSetCount": len(_shown(scene)),
    }


def _shown(scene: Scene) -> list[dict[str, Any]]:
    return [each for record in scene.console.records for each in _sets(record)]


def _sets(record: RecordShown) -> tuple[dict[str, Any], dict[str, Any]]:
    address, ttl = Address.parse(record.address), int(record.ttl_seconds)
    place = f"0 0 {address.port} {record.name}."
    return (
        {"Name": f"{record.name}.", "Type": "A", "TTL": ttl, "ResourceRecords": [{"Value": address.host}]},
        {"Name": f"{SERVICE}.{record.name}.", "Type": "SRV", "TTL": ttl, "ResourceRecords": [{"Value": place}]},
    )


def _list_hosted_zones(scene: Scene, _: Parameters) -> Answer:
    return told({"HostedZones": [_zone(scene)], "Marker": "", "IsTruncated": False, "MaxItems": "100"})


def _list_hosted_zones_by_name(scene: Scene, _: Parameters) -> Answer:
    return told({"HostedZones": [_zone(scene)], "IsTruncated": False, "MaxItems": "100"})


def _get_hosted_zone(scene: Scene, asked: Parameters) -> Answer:
    _same_zone(scene, asked["Id"])
    servers = {"NameServers": [scene.console.dns] if scene.console.dns else ["127.0.0.1"]}
    return told({"HostedZone": _zone(scene), "DelegationSet": servers})


def _list_resource_record_sets(scene: Scene, asked: Parameters) -> Answer:
    _same_zone(scene, asked["HostedZoneId"])
    start = _plain(asked.get("StartRecordName") or "")
    found = [each for each in _shown(scene) if not start or _order(each["Name"]) >= _order(start)]
    return told({"ResourceRecordSets": found, "IsTruncated": False, "MaxItems": "300"})


def _change_resource_record_sets(scene: Scene, asked: Parameters) -> Answer:
    _same_zone(scene, asked["HostedZoneId"])
    changes = asked["ChangeBatch"]["Changes"]
    making_room = {_plain(each["ResourceRecordSet"]["Name"]) for each in changes if each["Action"] == "DELETE"}
    return Answer(_change, tuple(_order_of(scene, change, making_room=making_room) for change in changes))


def _get_change(scene: Scene, asked: Parameters) -> Answer:
    if names.last(asked["Id"]) != names.last(CHANGE):
        raise Refusal("NoSuchChange", f"A change with the specified change ID {asked['Id']} does not exist.")
    return told(_change(scene))


def _change(scene: Scene) -> dict[str, Any]:
    return {"ChangeInfo": {"Id": CHANGE, "Status": "INSYNC", "SubmittedAt": scene.changed}}


def _order_of(scene: Scene, change: Mapping[str, Any], *, making_room: Collection[str]) -> Order:
    action, wanted = change["Action"], change["ResourceRecordSet"]
    name, kind = _plain(wanted["Name"]), wanted["Type"]
    said = f"[name='{name}.', type='{kind}']"
    if name != names.zone(scene) and not name.endswith(f".{names.zone(scene)}"):
        raise Refusal(INVALID, f"RRSet with DNS name {name}. is not permitted in zone {names.zone(scene)}.")
    if kind not in {"A", "CNAME"}:
        raise Refusal(INVALID, f"{said}: the run's DNS server holds A records only; an alias or a CNAME becomes one.")
    current = next((each for each in scene.console.records if each.name == name), None)
    if action == "DELETE":
        return _removal(scene, wanted, current, said=said)
    if action == "CREATE" and current is not None and name not in making_room:
        raise Refusal(INVALID, f"Tried to create resource record set {said} but it already exists")
    address, ttl = _leads_to(scene, wanted, said=said), _ttl(scene, wanted, said=said)
    return lambda plane, now: plane.set_record(name, address, ttl=ttl, now=now)


def _removal(scene: Scene, wanted: Mapping[str, Any], current: RecordShown | None, *, said: str) -> Order:
    if current is None:
        raise Refusal(INVALID, f"Tried to delete resource record set {said} but it was not found")
    if _leads_to(scene, wanted, said=said).host != Address.parse(current.address).host:
        why = "but the values provided do not match the current values"
        raise Refusal(INVALID, f"Tried to delete resource record set {said} {why}")
    return lambda plane, now: plane.remove_record(current.name, now=now)


def _leads_to(scene: Scene, wanted: Mapping[str, Any], *, said: str) -> Address:
    values = [each["Value"] for each in wanted.get("ResourceRecords") or ()]
    alias = wanted.get("AliasTarget")
    if alias:
        return _balancer_called(scene, alias["DNSName"], said=said)
    if len(values) != 1:
        raise Refusal(INVALID, f"{said} has {len(values)} values; the run's DNS server answers with exactly one.")
    if wanted["Type"] == "CNAME":
        return _balancer_called(scene, values[0], said=said)
    try:
        host = str(IPv4Address(values[0]))
    except AddressValueError:
        message = f"Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address' encountered with '{values[0]}'"
        raise Refusal(INVALID, message) from None
    return Address(host, _port(scene, host))


def _balancer_called(scene: Scene, dns_name: str, *, said: str) -> Address:
    wanted = _plain(dns_name).removeprefix("dualstack.")
    found = [each for each in scene.console.balancers if names.host_of(each.name, scene) == wanted]
    if not found:
        why = f"it leads to {dns_name}, which is the DNS name of no load balancer of this account"
        raise Refusal(INVALID, f"Tried to write {said}, but {why}. `elbv2 describe-load-balancers` shows them.")
    if not found[-1].address:
        raise Refusal(INVALID, f"Tried to write {said}, but {dns_name} has no address yet: it is being provisioned.")
    return Address.parse(found[-1].address)


def _port(scene: Scene, host: str) -> int:
    """Give the port that a client finds at a host: that of the newest load balancer there, or of any."""
    ports = [Address.parse(each.address).port for each in _newest_first(scene) if each.address.startswith(f"{host}:")]
    others = [Address.parse(each.address).port for each in _newest_first(scene) if each.address]
    return next(iter((*ports, *others)), HTTP_PORT)


def _newest_first(scene: Scene) -> list[Balancer]:
    newest = scene.console.balancers[::-1]
    return [*(each for each in newest if each.exists), *(each for each in newest if not each.exists)]


def _ttl(scene: Scene, wanted: Mapping[str, Any], *, said: str) -> timedelta:
    ttl = timedelta(seconds=int(wanted["TTL"])) if wanted.get("TTL") is not None else scene.site.ttl
    if not timedelta() <= ttl <= LONGEST_TTL:
        raise Refusal(INVALID, f"{said} has a TTL of {wanted['TTL']}; give 0 to {LONGEST_TTL.total_seconds():.0f} s.")
    return ttl


def _same_zone(scene: Scene, asked: str) -> None:
    if names.last(asked) != names.zone_id(scene):
        raise Refusal("NoSuchHostedZone", f"No hosted zone found with ID: {names.last(asked)}")


def _plain(name: str) -> str:
    return name.removesuffix(".").lower()


def _order(name: str) -> list[str]:
    return _plain(name).split(".")[::-1]


OPERATIONS: Mapping[str, Operation] = {
    "ListHostedZones": _list_hosted_zones,
    "ListHostedZonesByName": _list_hosted_zones_by_name,
    "GetHostedZone": _get_hosted_zone,
    "ListResourceRecordSets": _list_resource_record_sets,
    "ChangeResourceRecordSets": _change_resource_record_sets,
    "GetChange": _get_change,
}
