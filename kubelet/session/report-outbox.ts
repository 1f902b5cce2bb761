import type { PodStatusReport, PodTerminated } from '../../shared/wire/node-channel';

/** Sends one report and resolves once it was acknowledged, or refused for good; rejects when it should be sent again. */
export type SendReport = (report: OutgoingReport) => Promise<void>;

export type OutgoingReport =
  | { readonly type: 'status'; readonly report: PodStatusReport }
  | { readonly type: 'terminated'; readonly report: PodTerminated };

interface PodReports {
  status: PodStatusReport | undefined;
  terminated: PodTerminated | undefined;
  statusAcknowledged: boolean;
  inFlight: boolean;
}

/**
 * What the server must be told about each pod, until it acknowledged it. The last status of a pod stays here until the
 * pod is gone: after a reconnect all are sent again, since the server may have marked the pods of a lost node.
 * One report of a pod is on its way at a time; of several statuses that wait, the newest goes.
 */
export class ReportOutbox {
  private readonly pods = new Map<string, PodReports>();
  private send: SendReport | undefined;

  status(report: PodStatusReport): void {
    const pod = this.entryOf(report.uid);
    pod.status = report;
    pod.statusAcknowledged = false;
    this.pump(report.uid, pod);
  }

  terminated(report: PodTerminated): void {
    const pod = this.entryOf(report.uid);
    pod.terminated = report;
    this.pump(report.uid, pod);
  }

  /** The server knows that the pod is gone. */
  forget(uid: string): void {
    this.pods.delete(uid);
  }

  /** A connection stands: everything is due again. */
  connected(send: SendReport): void {
    this.send = send;
    for (const [uid, pod] of this.pods) {
      pod.statusAcknowledged = false;
      pod.inFlight = false;
      this.pump(uid, pod);
    }
  }

  /** Reports wait until the next connection. */
  disconnected(): void {
    this.send = undefined;
  }

  /** Reports that were not acknowledged yet. */
  get unacknowledged(): number {
    return [...this.pods.values()].filter((pod) => nextOf(pod) !== undefined).length;
  }

  private entryOf(uid: string): PodReports {
    const known = this.pods.get(uid);
    if (known !== undefined) return known;
    const pod = { status: undefined, terminated: undefined, statusAcknowledged: true, inFlight: false };
    this.pods.set(uid, pod);
    return pod;
  }

  private pump(uid: string, pod: PodReports): void {
    const { send } = this;
    const next = nextOf(pod);
    if (send === undefined || pod.inFlight || next === undefined) return;
    pod.inFlight = true;
    void send(next)
      .then(() => this.acknowledged(uid, pod, next))
      .catch(() => undefined)
      .then(() => {
        // A new connection since then has put the pod's reports on their way itself.
        if (this.send !== send) return;
        pod.inFlight = false;
        if (this.pods.get(uid) === pod) this.pump(uid, pod);
      });
  }

  private acknowledged(uid: string, pod: PodReports, sent: OutgoingReport): void {
    if (sent.type === 'status') pod.statusAcknowledged = pod.status === sent.report;
    else if (this.pods.get(uid) === pod) this.pods.delete(uid);
  }
}

/** A pod's last status goes before the word that it is gone. */
function nextOf(pod: PodReports): OutgoingReport | undefined {
  if (pod.status !== undefined && !pod.statusAcknowledged) return { type: 'status', report: pod.status };
  if (pod.terminated !== undefined) return { type: 'terminated', report: pod.terminated };
  return undefined;
}
