import type { Probe } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Prober, ProbeTarget } from './prober';
import { runProbeLoop } from './probe-loop';

export type ProbeKind = 'Startup' | 'Liveness' | 'Readiness';

export interface ContainerProbesOptions {
  readonly clock: Clock;
  readonly prober: Prober;
  readonly target: ProbeTarget;
  readonly startedAtMs: number;
  /** It was found running with its startup behind it. */
  readonly alreadyStarted: boolean;
  readonly onStarted: () => void;
  readonly onReady: (isReady: boolean) => void;
  readonly onUnhealthy: (kind: 'Startup' | 'Liveness', probe: Probe) => void;
  readonly onFailure: (kind: ProbeKind, message: string) => void;
}

/** All probes of one running container: the startup probe first, then liveness and readiness together. Ends with the signal. */
export function startProbes(options: ContainerProbesOptions, signal: AbortSignal): void {
  const { startupProbe, livenessProbe, readinessProbe } = options.target.container;
  const loop = (kind: ProbeKind, probe: Probe, until: AbortSignal, onVerdict: (isHealthy: boolean) => void): void => {
    const { clock, prober, target, startedAtMs } = options;
    void runProbeLoop(
      {
        clock,
        probe,
        startedAtMs,
        check: (timeout) => prober.check(target, probe, timeout),
        onFailure: (message) => options.onFailure(kind, message),
        onVerdict,
      },
      until,
    );
  };

  const afterStart = (): void => {
    options.onStarted();
    if (livenessProbe !== undefined)
      loop('Liveness', livenessProbe, signal, (isHealthy) => {
        if (!isHealthy) options.onUnhealthy('Liveness', livenessProbe);
      });
    if (readinessProbe !== undefined) loop('Readiness', readinessProbe, signal, options.onReady);
  };

  if (startupProbe === undefined || options.alreadyStarted) return afterStart();
  const started = new AbortController();
  loop('Startup', startupProbe, AbortSignal.any([signal, started.signal]), (isHealthy) => {
    if (!isHealthy) return options.onUnhealthy('Startup', startupProbe);
    started.abort();
    afterStart();
  });
}
