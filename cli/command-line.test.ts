import { spelledOut } from './command-line';
import { commands } from './commands/commands';
import { withGlobalFlags } from './global-flags';

const read = (line: string): string =>
  spelledOut(line.split(' '), commands, withGlobalFlags)
    .slice(line.split(' ').findIndex((word) => !word.startsWith('-')))
    .join(' ');

it.each([
  ['get pods -oyaml', 'get pods --output=yaml'],
  ['get -oname pods', 'get --output=name pods'],
  ['get pods -o=wide', 'get pods --output=wide'],
  ['get pods -Aw', 'get pods --all-namespaces=true --watch=true'],
  ['exec -itc main web -- ls -l', 'exec --stdin=true --tty=true --container=main web -- ls -l'],
  ['apply -f -', 'apply --filename=-'],
  ['apply -f- -f a', 'apply --filename=- --filename=a'],
  ['logs web --tail -1', 'logs web --tail=-1'],
  ['logs -fn kube-system web', 'logs --follow=true --namespace=kube-system web'],
  // A truth stands after a sign: without it the next word is another's.
  ['get pods --watch=false', 'get pods --watch=false'],
  ['get pods --watch false', 'get pods --watch=true false'],
  ['get pods -w=F', 'get pods --watch=false'],
  // What may stand without a value takes no word either.
  ['run x --image=a --dry-run -- sh', 'run x --image=a --dry-run=client -- sh'],
  ['delete pod x --cascade', 'delete pod x --cascade=background'],
  ['run x --labels= --image a', 'run x --labels= --image=a'],
  ['get pods -v6', 'get pods --v=6'],
  ['config set-context --current -n x', 'config set-context --current=true --namespace=x'],
  ['set env deploy/web A-', 'set env deploy/web A-'],
])('%s is read as %s', (line, meaning) => {
  expect(read(line)).toBe(meaning);
});

it.each([
  ['get pods --nope', "unknown flag: --nope\nSee 'kubectl-lite get --help' for usage."],
  ['get pods -wZx', "unknown shorthand flag: 'Z' in -Zx\nSee 'kubectl-lite get --help' for usage."],
  ['config view --nope', "unknown flag: --nope\nSee 'kubectl-lite config view --help' for usage."],
  // A letter is no long name.
  ['get pods --o yaml', 'unknown flag: --o'],
  ['get pods --output', 'flag needs an argument: --output'],
  ['get pods -wo', "flag needs an argument: 'o' in -o"],
  ['get pods --watch=maybe', 'invalid argument "maybe" for "-w, --watch" flag'],
  ['scale deploy x --replicas=many', 'invalid argument "many" for "--replicas" flag'],
])('%s is refused', (line, problem) => {
  expect(() => read(line)).toThrow(problem);
});
