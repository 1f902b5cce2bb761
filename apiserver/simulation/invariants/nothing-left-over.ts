import type { Invariant } from './invariant';
import { podName } from './invariant';

const KINDS: Readonly<Record<string, string>> = {
  ReplicaSet: 'ReplicaSet',
  Deployment: 'Deployment',
  StatefulSet: 'StatefulSet',
  DaemonSet: 'DaemonSet',
  Job: 'Job',
  CronJob: 'CronJob',
};

/** In the end nothing outlives its owner. */
export const ownersRemain: Invariant = {
  name: 'owners-remain',
  atEnd({ store }) {
    const uids = new Set([...store.everything().values()].map(({ metadata }) => metadata.uid));
    for (const [key, { metadata }] of store.everything()) {
      const orphaned = (metadata.ownerReferences ?? []).filter(({ kind, uid }) => kind in KINDS && !uids.has(uid));
      if (orphaned.length > 0 && orphaned.length === metadata.ownerReferences?.length) {
        return `${key} is left without its ${orphaned[0]?.kind ?? ''} ${orphaned[0]?.name ?? ''}`;
      }
    }
    return undefined;
  },
};

/** In the end no deletion is still under way, and no namespace. */
export const deletionsEnd: Invariant = {
  name: 'deletions-end',
  atEnd({ store }) {
    for (const [key, { metadata }] of store.everything()) {
      if (metadata.deletionTimestamp !== undefined) {
        return `${key} is still being deleted (finalizers ${JSON.stringify(metadata.finalizers ?? [])})`;
      }
    }
    return undefined;
  },
};

/** In the end machines run what the store says, and nothing else. */
export const machinesAgree: Invariant = {
  name: 'machines-agree',
  atEnd({ store, machines }) {
    const pods = store.all('Pod');
    for (const machine of machines.filter(({ isOn }) => isOn)) {
      const isNode = store.all('Node').some(({ metadata }) => metadata.name === machine.name);
      if (!isNode) continue;
      for (const { pod } of machine.running()) {
        const stored = pods.find(({ metadata }) => metadata.uid === pod.metadata.uid);
        if (stored?.spec.nodeName !== machine.name) return `${machine.name} runs ${podName(pod)}, which is not its pod`;
      }
    }
    for (const pod of pods) {
      const machine = machines.find(({ name }) => name === pod.spec.nodeName);
      if (machine === undefined)
        return `${podName(pod)} is on no machine: ${pod.status?.conditions?.[0]?.message ?? ''}`;
      const isRunning =
        machine.get(pod.metadata.uid)?.exitCode === undefined && machine.get(pod.metadata.uid) !== undefined;
      if (pod.status?.phase === 'Running' && !isRunning) return `${podName(pod)} is said to run on ${machine.name}`;
    }
    return undefined;
  },
};
