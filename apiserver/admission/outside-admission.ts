import type { ApiObject, StoredObject } from '../../shared/api/objects';
import type { Kind } from '../kinds/kind';
import type { AdmissionRequest } from './admission';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What is about to happen to an object. */
export interface OutsideCall {
  readonly request: AdmissionRequest;
  readonly operation: Operation;
  /** What a client is to be connected to; of other operations the request says it. */
  readonly subresource?: string;
  readonly namespace: string | undefined;
  /** Empty where it is yet to be made up. */
  readonly name: string;
  /** As it is to be, of a connection its options; absent for a deletion. */
  readonly object?: ApiObject;
  /** As it is; absent for a creation. */
  readonly old?: StoredObject;
  /** The kind in the version that the client asked in, where this is about it in another. */
  readonly asked?: Kind;
}

/** Those outside the server who have a say in what is written. Where nobody has, both methods cost nothing. */
export interface OutsideAdmission {
  /** The object as they want it; undefined where nobody is asked. Rejects with a StatusError that refuses it. */
  mutate(call: OutsideCall): Promise<ApiObject> | undefined;
  /** Rejects with a StatusError where one of them refuses the object, valid as it would be written. */
  validate(call: OutsideCall): Promise<void> | undefined;
}

/** Webhooks and policies together: all are asked, webhooks first fill what policies judge. */
export const bothOutside = (first: OutsideAdmission, second: Pick<OutsideAdmission, 'validate'>): OutsideAdmission => ({
  mutate: (call) => first.mutate(call),
  validate(call) {
    const verdicts = [second.validate(call), first.validate(call)].filter((verdict) => verdict !== undefined);
    return verdicts.length === 0 ? undefined : Promise.all(verdicts).then(() => undefined);
  },
});

export const nobodyOutside: OutsideAdmission = { mutate: () => undefined, validate: () => undefined };
