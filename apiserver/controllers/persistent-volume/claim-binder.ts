import type { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import { NO_PROVISIONER, SELECTED_NODE, classNameOf, waitsForConsumer } from '../../kinds/storage/claim-binding';
import { LOCAL_PATH_PROVISIONER } from '../../kinds/storage/local-path-class';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { LocalPathProvisioner } from './local-path-provisioner';
import { findVolumes, isMeantFor, isReachable, mismatchOf } from './matching';

const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
const COMPONENT = 'persistentvolume-controller';

interface Deps {
  readonly client: Client;
  readonly events: EventRecorder;
}

/** Binds each claim to a volume, one that is there or one that is made for it (k8s.io/kubernetes/pkg/controller/volume/persistentvolume). */
export class ClaimBinder implements Controller {
  readonly name = 'persistentvolumeclaim-binder';
  readonly watches = [
    watching('PersistentVolumeClaim', ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)])),
    // One that is somebody's is of no use to the others.
    watching('PersistentVolume', ({ object }) =>
      object.spec?.claimRef === undefined ? this.waiting() : this.claimOf(object),
    ),
    watching('StorageClass', () => this.waiting()),
    watching('Node', ({ type }) => (type === 'MODIFIED' ? [] : this.waiting())),
  ];

  private readonly provisioner: LocalPathProvisioner;

  constructor(private readonly deps: Deps) {
    this.provisioner = new LocalPathProvisioner(deps.client);
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const claim = this.deps.client.view('PersistentVolumeClaim').get(key);
    if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return done;
    const volumeName = claim.spec?.volumeName ?? '';
    if (volumeName !== '') await this.keep(claim, volumeName);
    else await this.findOne(claim);
    return done;
  }

  private claimOf({ spec }: PersistentVolume): readonly ObjectKey[] {
    const { namespace, name = '' } = spec?.claimRef ?? {};
    return namespace === undefined ? [] : [{ namespace, name }];
  }

  private waiting(): readonly ObjectKey[] {
    return this.deps.client
      .view('PersistentVolumeClaim')
      .list({ where: ({ status }) => status?.phase !== 'Bound' })
      .map(keyOf);
  }

  /** One that names its volume: by its own wish, or because it is bound. */
  private async keep(claim: PersistentVolumeClaim, volumeName: string): Promise<void> {
    const volume = this.deps.client.view('PersistentVolume').get({ name: volumeName });
    const wasBound = claim.status?.phase === 'Bound';
    if (volume === undefined) {
      if (wasBound)
        await this.lose(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
      return;
    }
    if (volume.spec?.claimRef === undefined || isMeantFor(volume, claim)) {
      const mismatch = wasBound ? undefined : mismatchOf(volume, claim);
      if (mismatch !== undefined) {
        const message = `Cannot bind to requested volume "${volumeName}": ${mismatch}`;
        return this.say(claim, 'Warning', 'VolumeMismatch', message);
      }
      return this.bind(claim, wasBound ? await this.provisioner.grown(claim, volume) : volume);
    }
    if (wasBound) {
      return this.lose(
        claim,
        'ClaimMisbound',
        'Two claims are bound to the same volume, this one is bound incorrectly',
      );
    }
    this.say(claim, 'Warning', 'FailedBinding', `volume "${volumeName}" already bound to a different claim.`);
  }

  private async findOne(claim: PersistentVolumeClaim): Promise<void> {
    const { client } = this.deps;
    const storageClass = client.view('StorageClass').get({ name: classNameOf(claim) });
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    if (waitsForConsumer(storageClass) && selected === undefined) {
      const kept = client
        .view('PersistentVolume')
        .list()
        .find((volume) => isMeantFor(volume, claim));
      if (kept !== undefined) return this.bind(claim, kept);
      this.say(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
      return;
    }
    const node = selected === undefined ? undefined : client.view('Node').get({ name: selected });
    if (waitsForConsumer(storageClass) && selected !== undefined && node === undefined) {
      return this.deselect(claim, selected);
    }
    const found = findVolumes(claim, client.view('PersistentVolume').list()).find(
      (volume) => node === undefined || isReachable(volume, node),
    );
    if (found !== undefined) return this.bind(claim, found);
    if (storageClass === undefined || storageClass.provisioner === NO_PROVISIONER) {
      const why =
        classNameOf(claim) !== '' && storageClass === undefined
          ? `storageclass.storage.k8s.io "${classNameOf(claim)}" not found`
          : 'no persistent volumes available for this claim and no storage class is set';
      this.say(
        claim,
        'Warning',
        storageClass === undefined && classNameOf(claim) !== '' ? 'ProvisioningFailed' : 'FailedBinding',
        why,
      );
      return;
    }
    if (storageClass.provisioner === LOCAL_PATH_PROVISIONER) return this.provision(claim, storageClass, node);
    if (claim.metadata.annotations?.[STORAGE_PROVISIONER] !== storageClass.provisioner) {
      const annotations = { [STORAGE_PROVISIONER]: storageClass.provisioner };
      await client.patch('PersistentVolumeClaim', keyOf(claim), { type: 'merge', body: { metadata: { annotations } } });
    }
    const who = `'${storageClass.provisioner}'`;
    this.say(
      claim,
      'Normal',
      'ExternalProvisioning',
      `Waiting for a volume to be created either by the external provisioner ${who} or manually by the system administrator.`,
    );
  }

  /** The node that was chosen for the claim is gone: whoever waits for the claim is to go elsewhere. */
  private async deselect(claim: PersistentVolumeClaim, nodeName: string): Promise<void> {
    const isSame = (current: PersistentVolumeClaim): boolean =>
      current.metadata.annotations?.[SELECTED_NODE] === nodeName;
    await this.deps.client
      .modify('PersistentVolumeClaim', keyOf(claim), (current) => {
        if (!isSame(current)) return undefined;
        const { [SELECTED_NODE]: _, ...annotations } = current.metadata.annotations ?? {};
        return { ...current, metadata: { ...current.metadata, annotations } };
      })
      .catch(ignoreNotFound);
    const message = `node "${nodeName}" was selected for this claim and is gone: its pod is placed anew`;
    this.say(claim, 'Warning', 'ProvisioningFailed', message);
  }

  private async provision(claim: PersistentVolumeClaim, storageClass: StorageClass, node?: Node): Promise<void> {
    const { why, volume, isNew } = await this.provisioner.provide(claim, storageClass, node);
    if (why !== undefined) this.say(claim, 'Warning', 'ProvisioningFailed', `failed to provision volume: ${why}`);
    if (volume === undefined) return;
    if (isNew)
      this.say(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volume.metadata.name}`);
    await this.bind(claim, volume);
  }

  /** Both point at each other, then both say so. Each step may be the first after a crash. */
  private async bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const { client } = this.deps;
    const { namespace, name, uid } = claim.metadata;
    const byUs = { [BOUND_BY_CONTROLLER]: 'yes' };
    let bound = volume;
    if (volume.spec?.claimRef?.uid !== uid) {
      const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid };
      const annotations =
        volume.spec?.claimRef === undefined ? { ...volume.metadata.annotations, ...byUs } : volume.metadata.annotations;
      bound = await client.update('PersistentVolume', {
        ...volume,
        metadata: { ...volume.metadata, ...(annotations === undefined ? {} : { annotations }) },
        spec: { ...volume.spec, claimRef },
      });
    }
    if (bound.status?.phase !== 'Bound') {
      await client.updateStatus('PersistentVolume', { ...bound, status: { ...bound.status, phase: 'Bound' } });
    }
    const { metadata, spec } = claim;
    const isNamed = (spec?.volumeName ?? '') !== '';
    const annotations = { ...metadata.annotations, [BIND_COMPLETED]: 'yes', ...(isNamed ? {} : byUs) };
    let told = claim;
    if (!isNamed || metadata.annotations?.[BIND_COMPLETED] !== 'yes') {
      told = await client.update('PersistentVolumeClaim', {
        ...claim,
        metadata: { ...metadata, annotations },
        spec: { ...spec, volumeName: volume.metadata.name },
      });
    }
    const { accessModes, capacity } = bound.spec ?? {};
    const status = {
      phase: 'Bound',
      ...(accessModes === undefined ? {} : { accessModes }),
      ...(capacity === undefined ? {} : { capacity }),
    };
    if (!isSameJson(status, told.status)) await client.updateStatus('PersistentVolumeClaim', { ...told, status });
  }

  private async lose(claim: PersistentVolumeClaim, reason: string, message: string): Promise<void> {
    await this.deps.client.updateStatus('PersistentVolumeClaim', {
      ...claim,
      status: { ...claim.status, phase: 'Lost' },
    });
    this.say(claim, 'Warning', reason, message);
  }

  private say(claim: PersistentVolumeClaim, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.deps.events.record(claim, { type, reason, message }, { component: COMPONENT });
  }
}
