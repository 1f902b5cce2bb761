import type { Argv } from 'yargs';
import type { Container } from '../../../shared/api/objects';
import type { ApiObject } from '../../api-object';
import { UsageError } from '../../client/resources';
import { mapContainers } from '../../pod-template';
import type { Flags } from '../command';
import { text } from '../command';

export const containersFlag = (yargs: Argv): Argv =>
  yargs.option('containers', { alias: 'c', type: 'string', default: '*', describe: 'which containers; * is any text' });

const patternOf = (flags: Flags): string => text(flags, 'containers') ?? '*';

/** Tells which containers --containers names. */
export function chosenBy(flags: Flags): (container: Pick<Container, 'name'>) => boolean {
  const chosen = new RegExp(`^${patternOf(flags).split('*').map(escape).join('.*')}$`);
  return ({ name }) => chosen.test(name);
}

/** Changes the containers that --containers names. Throws UsageError where there is none of them. */
export function mapChosenContainers(
  object: ApiObject,
  flags: Flags,
  change: (container: Container) => Container,
): ApiObject {
  const isChosen = chosenBy(flags);
  let found = false;
  const changed = mapContainers(object, (container) => {
    if (!isChosen(container)) return container;
    found = true;
    return change(container);
  });
  const name = `${object.kind ?? ''}/${object.metadata?.name ?? ''}`;
  if (changed === undefined) throw new UsageError(`${name} does not have a pod template`);
  if (!found) throw new UsageError(`${name} does not have any containers matching "${patternOf(flags)}"`);
  return changed;
}

const escape = (literal: string): string => literal.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
