import { WHOLE } from '../model/device-table';
import type { Constraint } from './constraint';

/** Whole devices must be wholly free, and a share must come from one device: free sums alone do not tell. */
export const fitsDevices: Constraint = {
  name: 'fits-devices',
  cures: ['node', 'pod-gone'],
  curedByPreemption: true,
  concerns: ({ devices }) => devices !== undefined,
  allows: ({ devices }, node, cluster) =>
    devices === undefined || cluster.devices.fits(node, cluster.devices.kindOf(devices.resource), devices),
  refusal: ({ devices }, node, cluster) => {
    const { resource = '', count = 0, milli = 0 } = devices ?? {};
    const here = cluster.devices.kindAt(node) === cluster.devices.kindOf(resource) ? cluster.devices.countAt(node) : 0;
    const free = cluster.devices.freeAt(node).slice(0, here);
    const asked = milli < WHOLE ? `${milli}/1000 of one` : `${count} whole`;
    const left = free.length === 0 ? 'it has none' : `free on its ${here}, in thousandths: ${free.join(', ')}`;
    return {
      reason: `Insufficient ${resource}`,
      detail: `Insufficient ${resource}: ${asked} requested, ${left}`,
      remedy: `${asked} of ${resource} free`,
    };
  },
};
