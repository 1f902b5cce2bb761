import type { ApiObject } from '../api-object';
import type { Resource } from '../client/resources';
import { resultName } from '../client/resources';
import type { Context, Flags } from '../commands/command';
import { isSet, text } from '../commands/command';
import { dryRunOf } from '../commands/flag-groups';
import { format, outputOf, parseOutput } from './format';

/** What names a type in results. */
export type TypeName = Pick<Resource, 'singular' | 'group'>;

/** Tells what became of objects: `deployment.apps/web created`, or the object itself as -o asks. */
export class ChangeReport {
  private printed = 0;
  private readonly output: string | undefined;
  private readonly dryRun: string;

  constructor(
    private readonly context: Context,
    private readonly flags: Flags,
  ) {
    this.output = outputOf(text(flags, 'output'), text(flags, 'template'));
    if (this.output !== undefined) parseOutput(this.output, text(flags, 'template'), 'changes');
    const dryRun = dryRunOf(flags);
    this.dryRun = dryRun === 'none' ? '' : dryRun === 'client' ? ' (dry run)' : ' (server dry run)';
  }

  /** Whether -o asks for more than a line. */
  get showsObjects(): boolean {
    return this.output !== undefined && this.output !== 'name';
  }

  tell(type: TypeName, object: ApiObject, verb: string): void {
    const name = `${resultName(type)}/${object.metadata?.name ?? ''}`;
    if (this.output === undefined) {
      this.context.out(`${name} ${verb}${this.dryRun}\n`);
      return;
    }
    if (this.output === 'yaml' && this.printed > 0) this.context.out('---\n');
    this.printed += 1;
    this.context.out(
      format(this.output, object, [object], {
        nameOf: () => name,
        template: text(this.flags, 'template'),
        showManagedFields: isSet(this.flags, 'show-managed-fields'),
        cwd: this.context.environment.cwd,
      }),
    );
  }
}
