import { ignoreAlreadyExists } from '../../shared/status-error';
import { ROOT_CA_CONFIG_MAP } from '../admission/service-account';
import type { Client, ObjectKey } from '../registry/client';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Keeps in every namespace a ConfigMap by which pods know the server: the certificate of the cluster's authority. */
export class RootCaPublisher implements Controller {
  readonly name = 'root-ca-publisher';
  readonly watches = [
    watching('Namespace', ({ object }) => [{ name: object.metadata.name }]),
    watching('ConfigMap', ({ object: { metadata } }) =>
      metadata.name === ROOT_CA_CONFIG_MAP ? [{ name: metadata.namespace }] : [],
    ),
  ];

  constructor(
    private readonly client: Client,
    private readonly caCertificatePem: string,
  ) {}

  async reconcile({ name: namespace }: ObjectKey): Promise<Result> {
    const owner = this.client.view('Namespace').get({ name: namespace });
    if (owner === undefined || owner.metadata.deletionTimestamp !== undefined) return done;
    const key = { namespace, name: ROOT_CA_CONFIG_MAP };
    const data = { 'ca.crt': this.caCertificatePem };
    const present = this.client.view('ConfigMap').get(key);
    if (present === undefined) {
      const annotations = { 'kubernetes.io/description': DESCRIPTION };
      await this.client.create('ConfigMap', { metadata: { ...key, annotations }, data }).catch(ignoreAlreadyExists);
    } else if (present.data?.['ca.crt'] !== this.caCertificatePem || Object.keys(present.data).length !== 1) {
      await this.client.update('ConfigMap', { ...present, data });
    }
    return done;
  }
}
