/** Why a node does not take a pod that is new to it: the reason and what follows it, as Kubernetes' kubelet words them. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}
