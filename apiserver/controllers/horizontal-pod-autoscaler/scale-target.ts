import type { HorizontalPodAutoscaler, KindName, Scale } from '../../../shared/api/objects';
import { StatusError } from '../../../shared/status-error';
import type { Client } from '../../registry/client';
import type { Look } from './look';

/** What an autoscaler scales. Undefined: it cannot be told, and a condition and an Event say why. */
export async function findTarget(
  client: Client,
  { metadata, spec }: HorizontalPodAutoscaler,
  look: Look,
): Promise<{ readonly kind: KindName; readonly scale: Scale } | undefined> {
  const { apiVersion = '', kind = '', name = '' } = spec?.scaleTargetRef ?? {};
  const fail = (message: string): undefined => {
    look.tell('Warning', 'FailedGetScale', message);
    look.set('AbleToScale', 'False', {
      reason: 'FailedGetScale',
      message: `the HPA controller was unable to get the target's current scale: ${message}`,
    });
    return undefined;
  };
  const served = client.kinds.nameOf(apiVersion, kind);
  if (served === undefined) {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    return fail(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
  }
  try {
    const scale = await client.scale(served, { namespace: metadata.namespace, name });
    if (scale === undefined) return fail('the server could not find the requested resource');
    look.set('AbleToScale', 'True', {
      reason: 'SucceededGetScale',
      message: "the HPA controller was able to get the target's current scale",
    });
    return { kind: served, scale };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return fail(error.message);
  }
}

interface Rescaled {
  readonly kind: KindName;
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly look: Look;
}

/** Whether the target now has so many replicas; a condition and an Event say it. */
export async function rescale(
  client: Client,
  { kind, autoscaler: { metadata, spec }, look }: Rescaled,
  { to, reason }: { readonly to: number; readonly reason: string },
): Promise<boolean> {
  try {
    const name = spec?.scaleTargetRef.name ?? '';
    await client.setScale(kind, { namespace: metadata.namespace, name }, to);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    look.tell('Warning', 'FailedRescale', `New size: ${to}; reason: ${reason}; error: ${error.message}`);
    look.set('AbleToScale', 'False', {
      reason: 'FailedUpdateScale',
      message: `the HPA controller was unable to update the target scale: ${error.message}`,
    });
    return false;
  }
  look.tell('Normal', 'SuccessfulRescale', `New size: ${to}; reason: ${reason}`);
  look.set('AbleToScale', 'True', {
    reason: 'SucceededRescale',
    message: `the HPA controller was able to update the target scale to ${to}`,
  });
  return true;
}
