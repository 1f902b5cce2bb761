import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Cluster } from './harness/cluster';
import type { Outcome } from './harness/programs';

jest.setTimeout(120_000);

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: dep, labels: {app: dep}}
spec:
  replicas: 1
  selector: {matchLabels: {app: dep}}
  template:
    metadata: {labels: {app: dep}}
    spec:
      containers:
      - {name: main, image: busybox, ports: [{containerPort: 80}]}
      - {name: side, image: busybox}
`;
const configMap = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "${value}"}\n`;

const ROLE = (verbs: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: NAMESPACE, labels: {a: b}}
rules:
- {apiGroups: ["", apps], resources: [pods, deployments], verbs: [${verbs}]}
- {apiGroups: [""], resources: [secrets], resourceNames: [x], verbs: [get]}
`;
const BINDING = (role: string, user: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rb, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ${role}, name: r}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: ${user}}
- {kind: ServiceAccount, name: sa, namespace: x}
`;
const PROTECTED = (verb: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: p, namespace: NAMESPACE, annotations: {rbac.authorization.kubernetes.io/autoupdate: "false"}}
rules: [{apiGroups: [""], resources: [pods], verbs: [${verb}]}]
`;

/** Kinds that are described each in its own way. */
const KINDS = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim, labels: {a: b}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: volume-NAMESPACE}
spec:
  accessModes: [ReadWriteOnce, ReadOnlyMany]
  capacity: {storage: 1Gi}
  hostPath: {path: /srv, type: DirectoryOrCreate}
  storageClassName: manual
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [a, b]}]}]}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: Container, default: {cpu: 200m}, defaultRequest: {cpu: 100m}, max: {cpu: "1"}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scaler}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: dep}
  minReplicas: 1
  maxReplicas: 3
  behavior: {scaleDown: {stabilizationWindowSeconds: 60, policies: [{type: Percent, value: 50, periodSeconds: 15}]}}
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}
  - {type: Pods, pods: {metric: {name: hits}, target: {type: AverageValue, averageValue: "5"}}}
  - {type: External, external: {metric: {name: queue}, target: {type: Value, value: "5"}}}
---
apiVersion: v1
kind: Endpoints
metadata: {name: by-hand}
subsets:
- addresses: [{ip: 1.2.3.4}, {ip: 1.2.3.5}]
  notReadyAddresses: [{ip: 1.2.3.6}]
  ports: [{name: web, port: 80}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: by-hand, labels: {kubernetes.io/service-name: by-hand}}
addressType: IPv4
ports: [{name: web, port: 80, protocol: TCP}]
endpoints:
- {addresses: [1.2.3.4], conditions: {ready: true}, hostname: h, nodeName: node, targetRef: {kind: Pod, name: p}}
- {addresses: [1.2.3.5], conditions: {ready: false}, zone: z}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: rc}
spec: {replicas: 0, selector: {a: b}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: a}]}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: budget}
spec: {maxUnavailable: 10%, selector: {matchLabels: {a: b}}}
`;

const FILES: Readonly<Record<string, string>> = {
  'dep.yaml': DEPLOYMENT,
  'one.yaml': configMap('one', '1'),
  'two.yaml': configMap('one', '2'),
  'access.yaml': `${ROLE('get, list')}---\n${BINDING('Role', 'u')}`,
  'other-access.yaml': `${ROLE('get, watch')}---\n${BINDING('Role', 'v')}`,
  'another-role.yaml': BINDING('ClusterRole', 'u'),
  'protected.yaml': PROTECTED('get'),
  'protected-too.yaml': PROTECTED('list'),
  'kinds.yaml': KINDS,
  'nothing.yaml': '',
  'some.env': 'A=1\n# comment\n B=2\n\n',
  'some.txt': 'text\n',
};

/**
 * What kubectl 1.35 and kubectl-lite both do, one after the other, each in a namespace of its own: the same words give
 * the same outputs, messages and exit codes. `FILES/x` is one of the files above, made for the namespace.
 */
const SESSION = `
create ns default
create cm x --from-literal=a
create cm x --from-literal=a=1 --from-literal=a=2
create cm x --from-file=nope
create cm x --from-file=k=FILES/some.txt --dry-run=client -o yaml
create cm x --from-env-file=FILES/some.env --append-hash --dry-run=client -o yaml
create secret generic x --from-literal=a=b --type=foo --append-hash --dry-run=client -o yaml
create secret docker-registry d --docker-username=u --docker-password=p --docker-email=e --dry-run=client -o yaml
create secret tls t
create deployment web
create deployment web --image=a/b:1 --image=b@sha256:aa --port=80 --replicas=2 --dry-run=client -o yaml
create job j --image=a --dry-run=client -o yaml -- date
create cronjob x --image=a --schedule=*/5_*_*_*_* --restart=Never -o yaml --dry-run=client -- date
create role r --verb=get,list --verb=watch --resource=pods,deployments.apps,pods/log --resource-name=x --dry-run=client -o yaml
create role r --verb=foo --resource=pods --dry-run=client
create clusterrole cr --verb=get --non-resource-url=/healthz --dry-run=client -o yaml
create clusterrole agg --aggregation-rule=a=b,c=d --dry-run=client -o yaml
create rolebinding b --role=r --user=u --group=g --serviceaccount=x:y -o yaml --dry-run=client
create rolebinding b --role=a --clusterrole=b
create quota q --hard=cpu=1,pods=20 --scopes=BestEffort --dry-run=client -o yaml
create pc x --value=5 --global-default --description=d --preemption-policy=Never --dry-run=client -o yaml
create pdb p --selector=a=b --min-available=50% --dry-run=client -o yaml
create pdb x --selector=a=b --min-available=1 --max-unavailable=1
create ingress i --class=nginx --rule=foo.com/bar*=svc:80,tls=my --rule=/p=svc2:http --annotation=a=b --default-backend=d:80 --dry-run=client -o yaml
create service clusterip s --tcp=80:http --tcp=443 --dry-run=client -o yaml
create service nodeport s --tcp=80 --node-port=30000 --dry-run=client -o yaml
create service externalname s --external-name=a.b --dry-run=client -o yaml
create service clusterip two --tcp=80
create service clusterip three --tcp=80
get service two three -o custom-columns=NAME:.metadata.name,NODEPORT:.spec.ports[0].nodePort
get cm -o go-template={{range_.items}}{{.metadata.name}},{{end}}
create cm z --from-literal=a=b --dry-run=foo
create cm z --from-literal=a=b --dry-run=server
create cm z --from-literal=a=b -o name
create cm z --from-literal=a=b
create cm A_B
create token nope
create -f FILES/dep.yaml
get cm z nope
get cm z -o yaml
get cm z -o kyaml
get sa,cm -o kyaml
get cm z -o jsonpath={.data.a}
get cm -o custom-columns=N:.metadata.name,D:.data.a
get cm -l a=b -o yaml
get pods -l no=such
get cm nope --ignore-not-found
get cm -o jsonpath={.items[0,1].metadata.name}
get cm -o jsonpath={.items[*]['kind','data']}
get cm -o go-template={{range_.items}}{{if_eq_.metadata.name_"z"}}{{continue}}{{end}}{{.metadata.name}},{{end}}
get cm z -oyaml
get -oname cm
get cm -ojsonpath={.items[*].metadata.name}
get cm -n=default -oname
get cm z --watch=false -v 0
get cm z --watch false
get cm -Z
get cm --foo
get cm z --output
get cm/z cm/kube-root-ca.crt
get cm,deploy z
get cm/z nope
get a/b/c
get cm -L a --show-labels
get cm -L a,b --label-columns c
get sa,cm --no-headers
get cm z -o jsonpath={.data
get cm z --raw /api
get cm --subresource=status
get deploy dep --subresource=scale
get deploy dep --server-print=false
get componentstatuses -o name
get endpoints -o name
run x --image=a --port=80 --expose --dry-run=client
create -f FILES/kinds.yaml
describe pvc claim
describe pv volume-NAMESPACE
describe limits limits
describe hpa scaler
describe endpoints by-hand
describe endpointslice by-hand
describe rc rc
describe pdb budget
describe storageclass
describe ingressclass
describe priorityclass system-node-critical
delete -f FILES/kinds.yaml
run x --image=a --port=80 --env=A=b --labels=a=b --restart=Never --image-pull-policy=Never --privileged --annotations=x=y --dry-run=client -o yaml -- a b
run x
expose deploy dep --port=80 --target-port=http --name=svc --type=NodePort --protocol=UDP --dry-run=client -o yaml
expose deploy dep
expose cm z
scale deploy dep --replicas=2
scale deploy dep nope --replicas=1
scale deploy dep --current-replicas=5 --replicas=1
scale deploy --all --replicas=1 -o name
autoscale deploy dep --max=3 --min=2 --cpu=80% --memory=100Mi --name=h2 --dry-run=client -o yaml
set image deploy/dep main=busybox:1
set image deploy/dep main=busybox:1
set image deploy dep foo=busybox
set env deploy/dep A=b C=d
set env deploy/dep A-
set env deploy/dep --list
set env deploy/dep --list --containers=main
set env deploy/dep --list --resolve
set resources deploy dep --limits=cpu=200m,memory=64Mi --requests=cpu=100m
set selector svc dep a=b
set serviceaccount deploy dep default
get deploy dep -o jsonpath={.spec.template.spec}
patch cm z -p {"data":{"a":"c"}}
patch cm z -p {"data":{"a":"c"}}
patch cm z --type=json -p [{"op":"replace","path":"/data/a","value":"e"}]
patch cm nope -p {}
patch deploy dep --subresource=scale --type=merge -p {"spec":{"replicas":1}}
patch deploy dep -p {"spec":{"replicas":-1}}
label cm z a=b
label cm z a=b
label cm z a=c
label cm z a=c --overwrite
label cm z a=b a-
annotate cm z a=b
annotate cm z a-
annotate cm z a-
rollout history deploy/dep
rollout history deploy dep --revision=1
rollout pause deploy/dep
rollout pause deploy/dep
rollout restart deploy dep
rollout resume deploy/dep
rollout undo deploy/dep
rollout history deploy/dep
describe deploy dep
describe rs dep
describe svc dep
describe cm z
describe sa default
describe role nope
taint node nope a=b:NoSchedule
cordon nope
drain nope
debug nope --image=a --profile=general
events --for deploy/nope
logs nope --prefix
exec nope -- true
exec nope true
apply -f FILES/one.yaml
apply -f FILES/one.yaml
apply -f FILES/two.yaml --dry-run=server
apply -f FILES/two.yaml
apply view-last-applied cm/one
apply view-last-applied cm one -o json
apply set-last-applied -f FILES/two.yaml
apply set-last-applied -f FILES/one.yaml
apply view-last-applied cm one
apply set-last-applied -f FILES/two.yaml
apply -f FILES/two.yaml --server-side
replace -f FILES/one.yaml
replace -f FILES/one.yaml --force
diff -f FILES/one.yaml
diff -f nope.yaml
apply -f FILES/nothing.yaml
create -f FILES/nothing.yaml
apply view-last-applied cm z
apply set-last-applied -f FILES/one.yaml
apply set-last-applied -f FILES/one.yaml --create-annotation
create secret generic
run x --image=a --restart=Foo
run x --image=a --rm
run x --image=a --labels=a
autoscale deploy dep
wait --for=jsonpath={.data.a}=1 cm/one --timeout=5s
delete cm one
delete cm one
delete cm one --ignore-not-found
delete cm z --dry-run=client
delete -f FILES/dep.yaml
auth can-i get pods
auth can-i get pods z
auth can-i foo pods
auth can-i get pods --list
auth can-i create pods --as jane
auth can-i --list --as jane
auth can-i --list
auth reconcile
auth reconcile -f FILES/access.yaml --dry-run=client
auth reconcile -f FILES/access.yaml
auth reconcile -f FILES/access.yaml
auth reconcile -f FILES/other-access.yaml
auth reconcile -f FILES/other-access.yaml --remove-extra-permissions --remove-extra-subjects
get role r -o jsonpath={.rules}
auth reconcile -f FILES/another-role.yaml
get rolebinding rb -o jsonpath={.subjects}{.roleRef}
auth reconcile -f FILES/protected.yaml
auth reconcile -f FILES/protected-too.yaml
auth reconcile -f FILES/one.yaml
auth reconcile -f FILES/access.yaml -o name
auth can-i get nonsense
auth whoami --as jane --as-group dev
api-versions
api-resources --api-group=apps --no-headers --sort-by=kind
explain pod.spec.containers.ports
explain deploy.spec.strategy --recursive
explain pod.spec.nope
`;

describe('kubectl-lite beside kubectl', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 0 });
    for (const namespace of ['theirs', 'ours']) await cluster.ok(['create', 'namespace', namespace]);
    for (const namespace of ['theirs', 'ours']) {
      mkdirSync(path.join(cluster.folder, namespace));
      for (const [name, text] of Object.entries(FILES))
        writeFileSync(path.join(cluster.folder, namespace, name), text.replaceAll('NAMESPACE', namespace));
    }
  });
  afterAll(() => cluster.stop());

  const wordsOf = (line: string, namespace: string): readonly string[] => {
    // A blank within a word is written as an underscore: only schedules have one.
    const words = line
      .split(' ')
      .map((word) => (/^--schedule=|^go-template=/.test(word) ? word.replaceAll('_', ' ') : word))
      .map((word) => word.replace('NAMESPACE', namespace).replace('FILES', path.join(cluster.folder, namespace)));
    const end = words.indexOf('--');
    const at = end < 0 ? words.length : end;
    return [...words.slice(0, at), '-n', namespace, ...words.slice(at)];
  };

  /** Without what differs between any two runs, and the names of the programs and namespaces. */
  const comparable = ({ status, stdout, stderr }: Outcome, line: string): unknown =>
    [String(status), stdout, stderr].map((text) =>
      (line.startsWith('describe') ? withoutTimes(text) : text)
        .replaceAll('kubectl-lite', 'kubectl')
        .replace(/\b(theirs|ours)\b/g, 'NAMESPACE')
        .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
        .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UID')
        .replace(/resourceVersion: "\d+"/g, 'VERSION')
        .replace(/^([a-z]+-hash)=\S+$/gm, '$1')
        .replace(/pod-template-hash=\S+/g, 'HASH')
        // A second may pass between the two; a column is as wide as before.
        .replace(/\b(?:\d+m)?\d+s\b *(?=\s|$)/g, (age) => 'AGE'.padEnd(age.length))
        .replace(/ +$/gm, ''),
    );

  /** Ages and addresses differ in length too, and with them the gaps between columns. */
  const withoutTimes = (text: string): string =>
    text
      .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+\d{4}/g, 'TIME')
      .replace(/\b(\d+m)?\d+s\b/g, 'AGE')
      // How far controllers are, and what they have done on the way, is another matter in each namespace.
      .replace(/^Events:[\s\S]*?(?=^Name:|(?![\s\S]))/gm, 'EVENTS\n')
      .replace(/^ *Progressing .*$/gm, 'PROGRESS')
      .replace(/^(Replicas|Pods Status):.*$/gm, (line) => line.replace(/\d+/g, 'N'))
      .replace(/\d+\/\d+ replicas created/g, 'REPLICAS')
      .replace(/\bdep-[0-9a-z]{8,10}(-[0-9a-z]{5})?\b/g, 'dep-HASH')
      .replace(/\b10\.\d+\.\d+\.\d+\b/g, 'ADDRESS')
      .replace(/ {2,}|\t/g, '  ')
      .replace(/-{3,}/g, '---');

  it.each(SESSION.trim().split('\n'))('%s', async (line) => {
    const theirs = await cluster.kubectl(wordsOf(line, 'theirs'));
    const ours = await cluster.lite(wordsOf(line, 'ours'));
    expect(comparable(ours, line)).toEqual(comparable(theirs, line));
  });
});
