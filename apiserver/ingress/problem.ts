/** Why an Ingress, or a port, is not served as it says. For Events: never with anything of a Secret in it. */
export interface IngressProblem {
  readonly reason: string;
  readonly message: string;
}
