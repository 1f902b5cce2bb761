/**
 * `$(VAR)` expansion as in k8s.io/kubernetes/third_party/forked/golang/expansion: `$$` stands for `$`, and a
 * reference that cannot be resolved stays as it is.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (reference, name: string | undefined) =>
    name === undefined ? '$' : (lookup(name) ?? reference),
  );
}
