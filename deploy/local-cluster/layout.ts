import path from 'node:path';

/** Where everything of a checkout's local cluster lives. */
export interface Layout {
  readonly checkout: string;
  readonly root: string;
  readonly logs: string;
  readonly pids: string;
  readonly serverData: string;
  readonly kubeconfig: string;
  readonly joinToken: string;
  /** Data folder of a worker. */
  node(name: string): string;
}

export function layoutOf(checkout: string, root: string): Layout {
  const serverData = path.join(root, 'server');
  return {
    checkout,
    root,
    logs: path.join(root, 'logs'),
    pids: path.join(root, 'pids'),
    serverData,
    kubeconfig: path.join(root, 'kubeconfig'),
    joinToken: path.join(serverData, 'join-token'),
    node: (name) => path.join(root, 'nodes', name),
  };
}
