"""What a program does with Debian's Python client: `python_client.py ACTION` prints the result as JSON."""

import json
import os
import sys
import threading
import time

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.configmaplock import ConfigMapLock
from kubernetes.stream import portforward, stream

NAMESPACE = "default"
GROUP = "stable.example.com"


def config_map(name, data, labels=None):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels=labels), data=data)


def refusal(call):
    try:
        call()
    except ApiException as error:
        return [error.status, json.loads(error.body)["reason"]]
    return "done"


def watching():
    core = client.CoreV1Api()
    seen = []
    version = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
    core.create_namespaced_config_map(NAMESPACE, config_map("watched", {"a": "1"}))
    core.patch_namespaced_config_map("watched", NAMESPACE, {"data": {"a": "2"}})
    core.delete_namespaced_config_map("watched", NAMESPACE)
    watcher = watch.Watch()
    events = watcher.stream(
        core.list_namespaced_config_map, NAMESPACE, resource_version=version, field_selector="metadata.name=watched"
    )
    for event in events:
        seen.append([event["type"], event["object"].metadata.name, event["object"].data["a"]])
        if event["type"] == "DELETED":
            watcher.stop()
    ended = list(watch.Watch().stream(core.list_namespaced_secret, NAMESPACE, timeout_seconds=1))
    return {"seen": seen, "ended": len(ended)}


def executing():
    core = client.CoreV1Api()
    both = stream(
        core.connect_get_namespaced_pod_exec,
        "web",
        NAMESPACE,
        command=["sh", "-c", "echo out; echo err >&2"],
        stdout=True,
        stderr=True,
        stdin=False,
        tty=False,
    )
    session = stream(
        core.connect_get_namespaced_pod_exec,
        "web",
        NAMESPACE,
        command=["sh", "-c", "read line; echo got $line; exit 3"],
        stdout=True,
        stderr=True,
        stdin=True,
        tty=False,
        _preload_content=False,
    )
    session.write_stdin("hello\n")
    answer = session.readline_stdout(timeout=10)
    session.run_forever(timeout=10)
    return {"both": sorted(both.split()), "answer": answer, "code": session.returncode}


def logs():
    core = client.CoreV1Api()
    tail = core.read_namespaced_pod_log("web", NAMESPACE, tail_lines=1)
    followed = []
    for line in watch.Watch().stream(core.read_namespaced_pod_log, "web", NAMESPACE):
        followed.append(line)
        if line == "started":
            stream(
                core.connect_get_namespaced_pod_exec,
                "web",
                NAMESPACE,
                command=["sh", "-c", "echo more > /proc/1/fd/1"],
                stdout=True,
                stderr=True,
                stdin=False,
                tty=False,
            )
        else:
            break
    return {"tail": tail, "followed": followed}


def forwarding():
    core = client.CoreV1Api()
    forward = portforward(core.connect_get_namespaced_pod_portforward, "web", NAMESPACE, ports="8080")
    connection = forward.socket(8080)
    connection.setblocking(True)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
    answer = b""
    while chunk := connection.recv(4096):
        answer += chunk
    return {"body": answer.decode().split("\r\n\r\n")[1], "error": forward.error(8080)}


def definition():
    spec = {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "properties": {"size": {"type": "integer", "minimum": 0}}},
            "status": {"type": "object", "properties": {"seen": {"type": "integer"}}},
        },
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": spec},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gadgets.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget"},
            "versions": [version],
        },
    }


def gadget(name, size):
    return {"apiVersion": f"{GROUP}/v1", "kind": "Gadget", "metadata": {"name": name}, "spec": {"size": size}}


def established(name):
    conditions = client.ApiextensionsV1Api().read_custom_resource_definition(name).status.conditions or []
    return any(each.type == "Established" and each.status == "True" for each in conditions)


def custom_objects():
    client.ApiextensionsV1Api().create_custom_resource_definition(definition())
    while not established(f"gadgets.{GROUP}"):
        time.sleep(0.05)
    custom = client.CustomObjectsApi()
    where = (GROUP, "v1", NAMESPACE, "gadgets")
    custom.create_namespaced_custom_object(*where, gadget("one", 1))
    custom.patch_namespaced_custom_object(*where, "one", {"spec": {"size": 2}})
    custom.patch_namespaced_custom_object_status(*where, "one", {"status": {"seen": 2}})
    read = custom.get_namespaced_custom_object(*where, "one")
    invalid = refusal(lambda: custom.create_namespaced_custom_object(*where, gadget("two", -1)))
    listed = custom.list_namespaced_custom_object(*where)["items"]

    resource = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version=f"{GROUP}/v1", kind="Gadget")
    found = resource.get(name="one", namespace=NAMESPACE)
    resource.server_side_apply(
        body=json.dumps(gadget("applied", 7)), name="applied", namespace=NAMESPACE, field_manager="python"
    )
    names = sorted(each.metadata.name for each in resource.get(namespace=NAMESPACE).items)
    custom.delete_collection_namespaced_custom_object(*where)
    left = custom.list_namespaced_custom_object(*where)["items"]
    return {
        "read": [read["spec"], read["status"]],
        "invalid": invalid,
        "listed": len(listed),
        "dynamic": found.spec.size,
        "names": names,
        "left": len(left),
    }


def dynamic_client():
    resources = dynamic.DynamicClient(client.ApiClient()).resources
    maps = resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dynamic"}, "data": {"a": "1"}}
    maps.create(body=body, namespace=NAMESPACE)
    maps.patch(
        body={"data": {"b": "2"}}, name="dynamic", namespace=NAMESPACE, content_type="application/merge-patch+json"
    )
    data = maps.get(name="dynamic", namespace=NAMESPACE).to_dict()["data"]
    deleted = maps.delete(name="dynamic", namespace=NAMESPACE).status
    kinds = sorted(each.kind for each in resources.search(group="apps") if not each.kind.endswith("List"))
    return {"data": data, "deleted": deleted, "kinds": kinds}


def from_yaml(file):
    created = utils.create_from_yaml(client.ApiClient(), file, namespace=NAMESPACE)
    try:
        utils.create_from_yaml(client.ApiClient(), file, namespace=NAMESPACE)
        again = []
    except utils.FailToCreateError as error:
        again = [json.loads(each.body)["reason"] for each in error.api_exceptions]
    return {"created": [[each.kind, each.metadata.name] for [each] in created], "again": again}


def leader_election():
    """Of two candidates one leads."""
    led = []
    forever = threading.Event()

    def stand(name):
        def lead():
            led.append(name)
            forever.wait()

        lock = ConfigMapLock("leader", NAMESPACE, name)
        settings = electionconfig.Config(
            lock, lease_duration=3, renew_deadline=2, retry_period=1, onstarted_leading=lead, onstopped_leading=None
        )
        threading.Thread(target=leaderelection.LeaderElection(settings).run, daemon=True).start()

    stand("one")
    while led != ["one"]:
        time.sleep(0.05)
    stand("two")
    time.sleep(2)
    annotations = client.CoreV1Api().read_namespaced_config_map("leader", NAMESPACE).metadata.annotations
    holder = json.loads(annotations["control-plane.alpha.kubernetes.io/leader"])["holderIdentity"]
    return {"led": led, "holder": holder}


def lifecycle():
    core, apps = client.CoreV1Api(), client.AppsV1Api()
    container = client.V1Container(name="main", image="busybox:latest", command=["sleep", "3600"])
    container.image_pull_policy = "IfNotPresent"
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels={"app": "python"}),
        spec=client.V1PodSpec(containers=[container], termination_grace_period_seconds=0),
    )
    selector = client.V1LabelSelector(match_labels={"app": "python"})
    spec = client.V1DeploymentSpec(replicas=1, selector=selector, template=template)
    apps.create_namespaced_deployment(
        NAMESPACE, client.V1Deployment(metadata=client.V1ObjectMeta(name="python"), spec=spec)
    )
    while not apps.read_namespaced_deployment_status("python", NAMESPACE).status.available_replicas:
        time.sleep(0.1)
    apps.patch_namespaced_deployment_scale("python", NAMESPACE, {"spec": {"replicas": 2}})
    scale = apps.read_namespaced_deployment_scale("python", NAMESPACE)
    [pod, *_] = core.list_namespaced_pod(NAMESPACE, label_selector="app=python").items
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name=pod.metadata.name))
    core.create_namespaced_pod_eviction(pod.metadata.name, NAMESPACE, eviction)
    apps.delete_namespaced_deployment("python", NAMESPACE, propagation_policy="Foreground")
    while core.list_namespaced_pod(NAMESPACE, label_selector="app=python").items:
        time.sleep(0.1)
    review = client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(
            resource_attributes=client.V1ResourceAttributes(verb="get", resource="pods")
        )
    )
    allowed = client.AuthorizationV1Api().create_self_subject_access_review(review).status.allowed
    token_request = client.AuthenticationV1TokenRequest(spec=client.V1TokenRequestSpec(audiences=[]))
    token = core.create_namespaced_service_account_token("default", NAMESPACE, token_request).status.token
    return {
        "scale": scale.spec.replicas,
        "selector": scale.status.selector,
        "allowed": allowed,
        "token": token.count("."),
        "version": client.VersionApi().get_code().major,
    }


def in_cluster():
    core = client.CoreV1Api()
    pods = [each.metadata.name for each in core.list_namespaced_pod(NAMESPACE).items]
    return {"pods": pods, "refused": refusal(lambda: core.list_namespaced_secret(NAMESPACE))}


ACTIONS = {
    "watch": watching,
    "exec": executing,
    "logs": logs,
    "port-forward": forwarding,
    "custom-objects": custom_objects,
    "dynamic": dynamic_client,
    "from-yaml": from_yaml,
    "leader-election": leader_election,
    "lifecycle": lifecycle,
    "in-cluster": in_cluster,
}

if "KUBECONFIG" in os.environ:
    config.load_kube_config()
else:
    config.load_incluster_config()
name, *rest = sys.argv[1:]
print(json.dumps(ACTIONS[name](*rest)), flush=True)
# Threads of what was left running do not hold the program.
os._exit(0)
