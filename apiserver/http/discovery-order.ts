/**
 * Groups in the order in which Kubernetes' API services have their priorities: clients look for an ambiguous name in it.
 * Groups of custom resources come next by their names, and then what others measure.
 */
const BUILT_IN = [
  ...['', 'apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io'],
  ...['autoscaling', 'batch', 'certificates.k8s.io', 'networking.k8s.io', 'policy', 'rbac.authorization.k8s.io'],
  ...['storage.k8s.io', 'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'scheduling.k8s.io'],
  ...['coordination.k8s.io', 'node.k8s.io', 'discovery.k8s.io', 'flowcontrol.apiserver.k8s.io'],
];
const LAST = ['metrics.k8s.io'];

export function compareGroups(a: string, b: string): number {
  const rank = (group: string): number =>
    BUILT_IN.includes(group) ? BUILT_IN.indexOf(group) : BUILT_IN.length + LAST.indexOf(group) + 1;
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

const VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;
const STAGES: readonly (string | undefined)[] = ['alpha', 'beta', undefined];

/** The most stable version first, of two alike the newer one; what is no version of that kind last, by name. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [VERSION.exec(a), VERSION.exec(b)];
  if (left === null || right === null) return left === right ? (a < b ? -1 : 1) : left === null ? 1 : -1;
  const number = (text: string | undefined): number => Number(text ?? 0);
  return (
    STAGES.indexOf(right[2]) - STAGES.indexOf(left[2]) ||
    number(right[1]) - number(left[1]) ||
    number(right[3]) - number(left[3])
  );
}
