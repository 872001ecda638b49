"""The files in deploy/ are what they claim to be: parsed, checked against the settings, metrics and each other."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from service.metrics import Metrics
from settings import GROUPS

DEPLOY = Path(__file__).resolve().parent.parent.parent / "deploy"
YAML_FILES = sorted(path for path in DEPLOY.rglob("*.yaml"))
OTHERS_VARIABLES = re.compile(r"^(AWS_|RAY_|POSTGRES_|MINIO_|GF_|VLLM_|MC_|ANONYMIZED_|DO_NOT_TRACK|SITE_ADDRESS)")
SETTINGS = {name.upper() for group in GROUPS.values() for name in group.model_fields}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: path.name)
def test_every_file_parses(path: Path) -> None:
    assert list(yaml.safe_load_all(path.read_text()))


def test_compose_follows_its_public_schema(tmp_path: Path) -> None:
    assert check_compose(DEPLOY / "compose.yaml") == 0
    spoiled = tmp_path / "compose.yaml"
    spoiled.write_text((DEPLOY / "compose.yaml").read_text().replace("volumes:", "volume:"))
    assert check_compose(spoiled) == 1


def check_compose(path: Path) -> int:
    program = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(program, capture_output=True, timeout=120, check=False).returncode


def test_kubernetes_objects_follow_their_public_schemas() -> None:
    """Not the RayCluster: its kind is KubeRay's own."""
    objects = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "ocr-chat.yaml").read_text()))
    assert {each["kind"] for each in objects} >= {"Deployment", "Service", "Ingress"}
    for each in objects:
        kubernetes_validate.validate(each, "1.37", strict=True)
    deployment = next(each for each in objects if each["kind"] == "Deployment")
    deployment["spec"]["replica"] = deployment["spec"].pop("replicas")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, "1.37", strict=True)


def test_services_name_only_what_is_there(compose: dict[str, Any]) -> None:
    services, volumes = compose["services"], compose["volumes"]
    for name, service in services.items():
        assert "image" in service, name
        assert not service["image"].endswith(":latest"), name
        assert set(service["networks"]) <= set(compose["networks"]), name
        assert set(service.get("depends_on", ())) <= set(services), name
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            assert source in volumes or (DEPLOY / source).exists(), (name, mount)


def test_there_are_two_of_what_may_die(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "ray-node"):
        assert compose["services"][name]["deploy"]["replicas"] >= 2
    assert compose["services"]["vllm"]["profiles"] == ["gpu"]


def test_variables_are_settings_and_secrets_come_from_outside(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            assert variable in SETTINGS or OTHERS_VARIABLES.match(variable), (name, variable)
            if re.search(r"KEY|PASSWORD|TOKEN|SECRET", variable):
                assert re.fullmatch(r"\$\{\w+:(\?|-)\}", value), (name, variable)
    wanted = set(re.findall(r"\$\{(\w+):\?\}", (DEPLOY / "compose.yaml").read_text()))
    offered = set(re.findall(r"^(\w+)=$", (DEPLOY / ".env.example").read_text(), re.M))
    assert wanted <= offered


def test_only_the_proxy_and_a_local_port_are_open(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for port in service.get("ports", ()):
            assert name == "proxy" or port.startswith("127.0.0.1:"), name


def test_the_cluster_asks_for_a_token(compose: dict[str, Any]) -> None:
    for name in ("worker", "ray-head", "ray-node"):
        environment = compose["services"][name]["environment"]
        assert (environment["RAY_AUTH_MODE"], environment["RAY_USAGE_STATS_ENABLED"]) == ("token", "0")


def test_dashboard_and_alerts_use_our_metrics() -> None:
    ours = {line.split()[2] for line in Metrics().render().decode().splitlines() if line.startswith("# TYPE")}
    asked = json.loads((DEPLOY / "grafana" / "dashboards" / "ocr-chat.json").read_text())
    expressions = [target["expr"] for panel in asked["panels"] for target in panel["targets"]]
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    expressions += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    for expression in expressions:
        for name in re.findall(r"\bocr_\w+", expression):
            assert name in ours or name.removesuffix("_bucket") in ours, name


def test_the_image_runs_as_a_user_and_copies_what_is_there() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    assert any(line.startswith("USER ") and "root" not in line for line in lines)
    assert all(":" in line and ":latest" not in line for line in lines if line.startswith("FROM "))
    for line in lines:
        if line.startswith("COPY "):
            for source in line.split()[1:-1]:
                assert (DEPLOY.parent / source).exists(), source
    ignored = (DEPLOY.parent / ".dockerignore").read_text().split()
    assert {".git", ".venv", "data", "**/.env"} <= set(ignored)


def test_kubernetes_objects_have_names_limits_and_no_secrets() -> None:
    objects = [each for path in (DEPLOY / "kubernetes").glob("*.yaml") for each in yaml.safe_load_all(path.read_text())]
    assert {"Deployment", "Service", "Ingress", "RayCluster", "PodDisruptionBudget"} <= {
        each["kind"] for each in objects
    }
    assert "Secret" not in {each["kind"] for each in objects}
    for each in objects:
        assert {"apiVersion", "kind", "metadata", "spec"} <= each.keys() or each["kind"] == "ConfigMap"
        for container in _containers(each):
            assert "limits" in container["resources"], (each["metadata"]["name"], container["name"])
            assert not container["image"].endswith(":latest")


def _containers(value: Any) -> list[dict[str, Any]]:
    """Of whatever kind of object, however deep."""
    if isinstance(value, list):
        return [each for item in value for each in _containers(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("containers", [])
    return [*own, *(each for item in value.values() for each in _containers(item))]
