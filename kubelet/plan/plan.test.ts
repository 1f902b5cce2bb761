import fc from 'fast-check';
import type { Container, Pod } from '../../shared/api/objects';
import { aPod } from '../../shared/testing/builders';
import type { ObservedContainer, ObservedSandbox, ObservedState } from '../runtime/runtime';
import { afterRestart, restartAllowedAtMs } from './crash-back-off';
import type { CrashBackOff } from './crash-back-off';
import type { ObservedPod } from './observed-pod';
import { attemptsOf } from './observed-pod';
import type { Goal, PodFacts } from './plan';
import { plan } from './plan';
import { findContainer, specHashOf } from './pod-outline';
import type { Step } from './step';
import { keyOf } from './step';

const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'busybox', ...more });

/** A pod and an engine small enough to be right by inspection: carries out steps at once, on virtual time. */
class Model {
  nowMs = 1_000_000;
  sandboxes: ObservedSandbox[] = [];
  containers: ObservedContainer[] = [];
  goal: Goal = { type: 'run' };
  isCleanedUp = false;
  volumesReady = false;
  readonly done: Step[] = [];
  readonly imagesReady = new Map<string, number>();
  readonly attempts = new Map<string, number>();
  readonly backOffs = new Map<string, CrashBackOff>();
  readonly started = new Set<string>();
  readonly unhealthy = new Map<string, { reason: 'livenessFailed' }>();
  private sandboxAttempt: number | undefined;
  private ids = 0;

  constructor(public pod: Pod) {}

  get observed(): ObservedPod {
    return { sandboxes: this.sandboxes, containers: this.containers };
  }

  facts(): PodFacts {
    return {
      nowMs: this.nowMs,
      volumesReady: this.volumesReady,
      imagesReady: this.imagesReady,
      attempts: this.attempts,
      ...(this.sandboxAttempt === undefined ? {} : { sandboxAttempt: this.sandboxAttempt }),
      troubles: new Map(),
      backOffs: this.backOffs,
      started: this.started,
      unhealthy: this.unhealthy,
      resources: new Map(),
      needsAddress: new Set(),
    };
  }

  plan() {
    return plan({ pod: this.pod, goal: this.goal, observed: this.observed, facts: this.facts() });
  }

  /** Carries out plans until one is empty; waiting for back-offs counts as progress. Throws when it goes on for ever. */
  settle(pick: (steps: readonly Step[]) => Step = (steps) => steps[0] as Step): void {
    for (let turn = 0; turn < 200; turn++) {
      const { steps } = this.plan();
      if (steps.length === 0) return;
      const step = pick(steps);
      this.perform(step);
      if (step.kind === 'cleanUp') return;
    }
    throw new Error(`does not settle: ${JSON.stringify(this.plan().steps)}`);
  }

  exit(name: string, exitCode: number): void {
    this.change(this.running(name), {
      phase: 'exited',
      startedAtMs: 0,
      finishedAtMs: this.nowMs,
      exitCode,
      oomKilled: false,
    });
  }

  killSandbox(): void {
    this.sandboxes = this.sandboxes.map((sandbox) => ({ ...sandbox, state: this.exited(137) }));
  }

  running(name: string): string {
    const found = attemptsOf(this.observed, name).find(({ state }) => state.phase === 'running');
    if (found === undefined) throw new Error(`${name} does not run: ${JSON.stringify(this.containers)}`);
    return found.id;
  }

  states(): Record<string, string> {
    return Object.fromEntries(
      this.containers
        .filter(({ state }) => state.phase !== 'exited')
        .map(({ name, attempt, state }) => [name, `${state.phase}/${attempt}`]),
    );
  }

  private exited(exitCode: number): ObservedState {
    return { phase: 'exited', startedAtMs: 0, finishedAtMs: this.nowMs, exitCode, oomKilled: false };
  }

  private change(id: string, state: ObservedState): void {
    this.containers = this.containers.map((known) => (known.id === id ? { ...known, state } : known));
  }

  perform(step: Step): void {
    this.done.push(step);
    const pod = { uid: 'u', namespace: 'default', name: 'web' };
    switch (step.kind) {
      case 'prepareVolumes':
        this.volumesReady = true;
        return;
      case 'ensureImage':
        this.imagesReady.set(step.container, step.attempt);
        return;
      case 'createSandbox':
        this.sandboxAttempt = step.attempt;
        this.sandboxes = [
          ...this.sandboxes,
          { id: `s${this.ids++}`, pod, attempt: step.attempt, state: { phase: 'created' }, createdAtMs: 0, ips: [] },
        ];
        return;
      case 'startSandbox':
        this.sandboxes = this.sandboxes.map((sandbox) =>
          sandbox.id === step.id ? { ...sandbox, state: { phase: 'running', startedAtMs: this.nowMs } } : sandbox,
        );
        return;
      case 'removeSandbox':
        this.sandboxes = this.sandboxes.filter(({ id }) => id !== step.id);
        return;
      case 'createContainer': {
        const spec = findContainer(this.pod.spec, step.container) ?? container(step.container);
        this.attempts.set(step.container, step.attempt);
        if (step.restartsAfterMs !== undefined) {
          const restart = { exitedAtMs: step.restartsAfterMs, nowMs: this.nowMs, specHash: specHashOf(spec) };
          this.backOffs.set(step.container, afterRestart(this.backOffs.get(step.container), restart));
        }
        this.containers = [
          ...this.containers,
          {
            id: `c${this.ids++}`,
            sandboxId: step.sandboxId,
            pod,
            name: step.container,
            kind: 'app',
            attempt: step.attempt,
            specHash: specHashOf(spec),
            image: spec.image ?? '',
            imageId: '',
            state: { phase: 'created' },
            createdAtMs: 0,
            annotations: {},
          },
        ];
        return;
      }
      case 'startContainer': {
        // A container started without a running sandbox would join nothing.
        if (!this.sandboxes.some(({ state }) => state.phase === 'running'))
          throw new Error('started without a sandbox');
        this.change(step.id, { phase: 'running', startedAtMs: this.nowMs });
        this.started.add(step.id);
        const isInit = this.pod.spec.initContainers?.some(
          (init) => init.name === step.container && init.restartPolicy !== 'Always',
        );
        if (isInit === true) this.change(step.id, this.exited(0));
        return;
      }
      case 'stopContainer':
        this.change(step.id, this.exited(143));
        return;
      case 'resizeContainer': {
        const { id, resources } = step;
        this.containers = this.containers.map((known) => (known.id === id ? { ...known, resources } : known));
        return;
      }
      case 'removeContainer':
        this.containers = this.containers.filter(({ id }) => id !== step.id);
        return;
      case 'cleanUp':
        this.isCleanedUp = true;
        return;
    }
  }
}

const kinds = (model: Model): string[] =>
  model.done.map((step) => ('container' in step ? `${step.kind} ${step.container}` : step.kind));

describe('a pod that is to run', () => {
  it('creates its containers while the sandbox still starts', () => {
    const model = new Model(aPod());
    model.perform({ kind: 'prepareVolumes' });
    model.perform({ kind: 'createSandbox', attempt: 0 });
    model.imagesReady.set('app', 0);

    expect(model.plan().steps.map(({ kind }) => kind)).toEqual(['startSandbox', 'createContainer']);
  });

  it('runs init containers one after the other before it starts the app containers', () => {
    const model = new Model(
      aPod({
        spec: { initContainers: [container('one'), container('two')], containers: [container('a'), container('b')] },
      }),
    );
    model.settle();

    expect(kinds(model).filter((kind) => kind.startsWith('startContainer'))).toEqual([
      'startContainer one',
      'startContainer two',
      'startContainer a',
      'startContainer b',
    ]);
    expect(model.states()).toEqual({ a: 'running/0', b: 'running/0' });
  });

  it('waits for a sidecar to be up before it goes on, and stops it after the app containers', () => {
    const sidecar = container('proxy', { restartPolicy: 'Always' });
    const model = new Model(aPod({ spec: { initContainers: [sidecar], containers: [container('app')] } }));
    model.settle();
    expect(model.states()).toEqual({ proxy: 'running/0', app: 'running/0' });

    model.goal = { type: 'remove', graceSeconds: 30 };
    model.done.length = 0;
    model.settle();
    expect(kinds(model).slice(0, 2)).toEqual(['stopContainer app', 'stopContainer proxy']);
    expect(model.isCleanedUp).toBe(true);
  });

  it('restarts at once after the first crash and backs off after the second', () => {
    const model = new Model(aPod());
    model.settle();
    model.exit('app', 1);
    model.settle();
    expect(model.states()).toEqual({ app: 'running/1' });

    model.exit('app', 1);
    model.settle();
    expect(model.states()).toEqual({});
    expect(model.plan()).toEqual({ steps: [], wakeAtMs: model.nowMs + 10_000 });

    model.nowMs += 10_000;
    model.settle();
    expect(model.states()).toEqual({ app: 'running/2' });
  });

  it('keeps the newest dead attempt for its logs and no older one', () => {
    const model = new Model(aPod());
    for (let crash = 0; crash < 4; crash++) {
      model.settle();
      model.exit('app', 1);
      model.nowMs += 400_000;
    }
    model.settle();
    expect(model.containers.map(({ attempt, state }) => `${attempt} ${state.phase}`)).toEqual([
      '3 exited',
      '4 running',
    ]);
  });

  it('replaces a container whose image changed, without any back-off', () => {
    const model = new Model(aPod());
    model.settle();
    model.pod = aPod({ containers: [container('app', { image: 'busybox:2' })] });
    model.settle();
    expect(model.states()).toEqual({ app: 'running/1' });
    expect(model.done).toContainEqual(expect.objectContaining({ kind: 'stopContainer', reason: 'definitionChanged' }));
  });

  it('makes a new sandbox when its own died, after the containers that were in it', () => {
    const model = new Model(aPod());
    model.settle();
    model.killSandbox();
    model.done.length = 0;
    model.settle();
    expect(kinds(model)).toEqual([
      'stopContainer app',
      'removeSandbox',
      'createSandbox',
      'startSandbox',
      'ensureImage app',
      'createContainer app',
      'startContainer app',
    ]);
    expect(model.states()).toEqual({ app: 'running/1' });
  });

  it.each([
    ['Always', 0, 'app'],
    ['OnFailure', 1, 'app'],
    ['OnFailure', 0, undefined],
    ['Never', 1, undefined],
  ])('with restartPolicy %s after exit code %i runs %s', (restartPolicy, exitCode, running) => {
    const model = new Model(aPod({ spec: { containers: [container('app')], restartPolicy } }));
    model.settle();
    model.exit('app', exitCode);
    model.settle();
    expect(Object.keys(model.states())).toEqual(running === undefined ? [] : [running]);
    expect(model.sandboxes).toHaveLength(running === undefined ? 0 : 1);
  });
});

describe('the crash back-off', () => {
  const specHash = 'h';
  it('doubles up to five minutes and starts over after ten minutes of running', () => {
    let backOff: CrashBackOff | undefined;
    const delays: number[] = [];
    let nowMs = 0;
    for (let crash = 0; crash < 8; crash++) {
      const exitedAtMs = nowMs + 100;
      nowMs = Math.max(exitedAtMs, restartAllowedAtMs(backOff, exitedAtMs, specHash));
      backOff = afterRestart(backOff, { exitedAtMs, nowMs, specHash });
      delays.push(backOff.delayMs / 1000);
    }
    expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);

    const exitedAtMs = nowMs + 600_001;
    expect(restartAllowedAtMs(backOff, exitedAtMs, specHash)).toBe(exitedAtMs);
    expect(afterRestart(backOff, { exitedAtMs, nowMs: exitedAtMs, specHash }).delayMs).toBe(10_000);
  });
});

/** What can befall a pod from outside. */
const calamity = fc.constantFrom(
  'exit',
  'crash',
  'vanish',
  'sandboxDies',
  'sandboxVanishes',
  'newImage',
  'wait',
  'unhealthy',
);

describe('the plan', () => {
  const policies = fc.constantFrom('Always', 'OnFailure', 'Never');
  it('converges after anything that befalls the pod, and never runs two of one container', () => {
    fc.assert(
      fc.property(
        policies,
        fc.nat(2),
        fc.boolean(),
        fc.array(fc.tuple(calamity, fc.nat(9)), { maxLength: 8 }),
        fc.array(fc.nat(99), { minLength: 1, maxLength: 40 }),
        (restartPolicy, inits, withSidecar, calamities, picks) => {
          const initContainers = Array.from({ length: inits }, (_, index) => container(`init${index}`));
          if (withSidecar) initContainers.push(container('side', { restartPolicy: 'Always' }));
          const spec = { restartPolicy, initContainers, containers: [container('a'), container('b')] };
          const model = new Model(aPod({ spec }));
          let turn = 0;
          const settle = (): void =>
            model.settle((steps) => {
              expect(new Set(steps.map(keyOf)).size).toBe(steps.length);
              const names = model.containers.filter(({ state }) => state.phase === 'running').map(({ name }) => name);
              expect(new Set(names).size).toBe(names.length);
              return steps[(picks[turn++ % picks.length] ?? 0) % steps.length] as Step;
            });
          settle();
          for (const [what, which] of calamities) {
            befall(model, what, which);
            settle();
          }
          model.nowMs += 1_000_000;
          settle();
          if (restartPolicy === 'Always')
            expect(Object.keys(model.states()).sort()).toEqual(withSidecar ? ['a', 'b', 'side'] : ['a', 'b']);

          model.goal = { type: 'remove', graceSeconds: 30 };
          settle();
          expect([model.containers, model.sandboxes, model.isCleanedUp]).toEqual([[], [], true]);
        },
      ),
    );
  });
});

function befall(model: Model, what: string, which: number): void {
  const living = model.containers.filter(({ state }) => state.phase === 'running');
  const victim = living[which % Math.max(1, living.length)];
  if (what === 'wait') model.nowMs += 60_000 * which;
  else if (what === 'sandboxDies') model.killSandbox();
  else if (what === 'sandboxVanishes') model.sandboxes = [];
  else if (what === 'newImage')
    model.pod = {
      ...model.pod,
      spec: { ...model.pod.spec, containers: model.pod.spec.containers.map((app) => ({ ...app, image: `v${which}` })) },
    };
  else if (victim === undefined) return;
  else if (what === 'exit' || what === 'crash') model.exit(victim.name, what === 'exit' ? 0 : 1);
  else if (what === 'vanish') model.containers = model.containers.filter(({ id }) => id !== victim.id);
  else model.unhealthy.set(victim.id, { reason: 'livenessFailed' });
}
