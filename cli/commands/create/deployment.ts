import { KNOWN } from '../../client/known-types';
import { UsageError } from '../../client/resources';
import { count, words } from '../command';
import { commandField, containerNameOf } from './containers';
import { generating } from './generator';

export const deployment = generating({
  name: 'deployment',
  aliases: ['deploy'],
  describe: 'pods that are kept running',
  type: KNOWN.deployment,
  failure: 'deployment',
  build: (yargs) =>
    yargs
      .option('image', { type: 'string', array: true, describe: 'what the containers run' })
      .option('port', { type: 'number', describe: 'the port that the container listens on' })
      .option('replicas', { alias: 'r', type: 'number', default: 1, describe: 'how many pods' }),
  make: (flags, name) => {
    const images = words(flags, 'image').flatMap((each) => each.split(','));
    if (images.length === 0) throw new UsageError('required flag(s) "image" not set');
    const { command } = commandField(flags);
    if (images.length > 1 && command !== undefined)
      throw new UsageError('cannot specify multiple --image options and command');
    const replicas = count(flags, 'replicas') ?? 1;
    if (replicas < 0) throw new UsageError(`invalid number of replicas: ${replicas}`);
    const port = count(flags, 'port');
    const containers = images.map((image, index) => ({
      name: containerNameOf(image),
      image,
      ...(command === undefined ? {} : { command }),
      ...(port === undefined || index > 0 ? {} : { ports: [{ containerPort: port }] }),
      resources: {},
    }));
    const labels = { app: name };
    return {
      metadata: { labels },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        strategy: {},
        template: { metadata: { labels }, spec: { containers } },
      },
      status: {},
    };
  },
});
