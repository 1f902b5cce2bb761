import { StatusError } from '../../shared/status-error';
import type { RemoveFolder } from '../controllers/persistent-volume/volume-reclaimer';
import type { NodeConnector } from './node-connector';

/** Asks the node's agent to remove the folder of a volume. */
export const removeFolderBy =
  (connector: Pick<NodeConnector, 'openStream'>): RemoveFolder =>
  async (nodeName, folder) => {
    const stream = await connector.openStream(nodeName, { type: 'removeVolume', path: folder });
    stream.stdout.resume();
    stream.stderr.resume();
    const status = await stream.result;
    if (status.status !== 'Success') throw StatusError.fromStatus(status);
  };
