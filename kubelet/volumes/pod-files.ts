import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The files of a pod that are no volumes: `pods/UID/etc-hosts` and `pods/UID/containers/NAME/ATTEMPT`. */
export class PodFiles {
  constructor(private readonly dataDir: string) {}

  folderOf(uid: string): string {
    return path.join(this.dataDir, 'pods', uid);
  }

  /** What the pod's containers have for their /etc/hosts: empty until it is written. */
  async makeHostsFile(uid: string): Promise<string> {
    const file = this.hostsFileOf(uid);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, '', { flag: 'a', mode: 0o644 });
    return file;
  }

  /** In place, since running containers have this very file; not again, since they may be reading it. */
  async writeHostsFile(uid: string, text: string): Promise<void> {
    const file = await this.makeHostsFile(uid);
    if ((await readFile(file, 'utf8')) !== text) await writeFile(file, text);
  }

  /** An empty file that one attempt of a container may leave its last words in. */
  async makeTerminationFile(uid: string, container: string, attempt: number): Promise<string> {
    const file = this.terminationFileOf(uid, container, attempt);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, '', { flag: 'a' });
    await chmod(file, 0o666);
    return file;
  }

  terminationFileOf(uid: string, container: string, attempt: number): string {
    return path.join(this.folderOf(uid), 'containers', container, String(attempt), 'termination-log');
  }

  /** Gone already is success. */
  async removeTerminationFile(uid: string, container: string, attempt: number): Promise<void> {
    await rm(path.dirname(this.terminationFileOf(uid, container, attempt)), { recursive: true, force: true });
  }

  private hostsFileOf(uid: string): string {
    return path.join(this.folderOf(uid), 'etc-hosts');
  }
}
