import { UsageError } from '../../client/resources';
import { mapContainers } from '../../pod-template';
import { namesManifests } from '../../given-manifests';
import type { Command } from '../command';
import { words } from '../command';
import { setOnEach, settingFlags } from './setting';

export const image: Command = {
  name: 'image',
  usage: 'image [words..]',
  describe: 'which images containers run: CONTAINER=IMAGE, *=IMAGE for all',
  build: settingFlags,
  run: (context, flags) => {
    const given = words(flags, 'words');
    const pairs = given.filter((word) => word.includes('='));
    if (given.length === pairs.length && !namesManifests(flags))
      throw new UsageError(
        'You must provide one or more resources by argument or filename: kubectl-lite set image TYPE NAME CONTAINER=IMAGE',
      );
    if (pairs.length === 0) throw new UsageError('at least one image update is required: CONTAINER=IMAGE');
    const images = pairs.map((pair): readonly [string, string] => {
      const [container = '', ...rest] = pair.split('=');
      if (container === '' || rest.join('=') === '') throw new UsageError(`${pair}: must be CONTAINER=IMAGE`);
      return [container, rest.join('=')];
    });
    return setOnEach(
      context,
      flags,
      given.filter((word) => !word.includes('=')),
      'image updated',
      (object) => {
        const missing = new Set(images.map(([container]) => container).filter((name) => name !== '*'));
        const changed = mapContainers(object, (container) => {
          missing.delete(container.name);
          const wanted = images.filter(([name]) => name === '*' || name === container.name).at(-1)?.[1];
          return wanted === undefined ? container : { ...container, image: wanted };
        });
        if (changed === undefined)
          throw new UsageError(`${object.kind ?? ''}/${object.metadata?.name ?? ''} does not have a pod template`);
        const [absent] = missing;
        if (absent !== undefined) throw new UsageError(`unable to find container named "${absent}"`);
        return changed;
      },
    );
  },
};
