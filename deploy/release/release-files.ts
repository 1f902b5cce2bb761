import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { LockedPackage } from './packages';
import { productionPackages } from './packages';

/** One file of a release: where it comes from, and where in the release it lies. */
export interface ReleaseFile {
  readonly from: string;
  readonly to: string;
  readonly executable: boolean;
}

const PROGRAMS = ['apiserver', 'kubelet', 'cli', 'shared'];
/** The one file of the native module's build that runs. */
const NATIVE = /^node_modules\/better-sqlite3\/(deps|src|build\/(?!Release\/better_sqlite3\.node$))/;
const NOT_OF_PACKAGES = [
  NATIVE,
  /\.(d\.[cm]?ts|test\.js|map|md|markdown|gyp|gypi|cc?|h|hpp)$/i,
  /^(.*\/)?node_modules\/(@[^/]+\/)?[^/]+\/(tests?|__tests__|examples?|docs?|benchmarks?|prebuilds|\.github)\//,
];

/** Everything that a release holds, sorted, from a checkout that is built. */
export function releaseFiles(checkout: string): readonly ReleaseFile[] {
  const { packages } = JSON.parse(readFileSync(path.join(checkout, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  return [
    ...programs(checkout),
    ...productionPackages(packages, checkout).flatMap((folder) => packageFiles(checkout, folder)),
    ...plain(checkout, ['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md']),
    ...filesBelow(path.join(checkout, 'deploy', 'systemd')).map((each) =>
      taken(checkout, `deploy/systemd/${each}`, `systemd/${each}`),
    ),
    ...filesBelow(path.join(checkout, 'deploy', 'bin')).map((each) =>
      taken(checkout, `deploy/bin/${each}`, `bin/${each}`, true),
    ),
    taken(checkout, 'deploy/install.sh', 'install.sh', true),
    taken(checkout, 'apiserver/openapi/generated/schemas.json', 'dist/apiserver/openapi/generated/schemas.json'),
  ].sort((a, b) => (a.to < b.to ? -1 : 1));
}

const taken = (checkout: string, from: string, to: string, executable = false): ReleaseFile => ({
  from: path.join(checkout, from),
  to,
  executable,
});

const plain = (checkout: string, names: readonly string[]): readonly ReleaseFile[] =>
  names.map((name) => taken(checkout, name, name));

const programs = (checkout: string): readonly ReleaseFile[] =>
  PROGRAMS.flatMap((program) =>
    filesBelow(path.join(checkout, 'dist', program))
      .map((file) => `dist/${program}/${file}`)
      .filter((file) => !/(\.test\.js|\/testing\/.*|\/generated\/schemas\.json)$/.test(file))
      .map((file) => taken(checkout, file, file)),
  );

/** The package's own files; packages nested in it are listed for themselves. */
const packageFiles = (checkout: string, folder: string): readonly ReleaseFile[] =>
  filesBelow(path.join(checkout, folder), ({ name }) => name !== 'node_modules')
    .map((file) => `${folder}/${file}`)
    .filter((file) => !NOT_OF_PACKAGES.some((each) => each.test(file)))
    .map((file) => taken(checkout, file, file));

/** Paths of the regular files below a folder; links are left out, as those of `node_modules/.bin`. */
function filesBelow(folder: string, enters: (entry: { readonly name: string }) => boolean = () => true): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) {
      return enters(entry)
        ? filesBelow(path.join(folder, entry.name), enters).map((each) => `${entry.name}/${each}`)
        : [];
    }
    return entry.isFile() ? [entry.name] : [];
  });
}
