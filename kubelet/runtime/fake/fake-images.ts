import type { ImageInfo, RegistryCredential, Runtime } from '../runtime';
import { RuntimeError } from '../runtime';
import type { FakeCalls } from './fake-calls';

/** An image that a registry has. */
export interface PullableImage {
  readonly image: ImageInfo;
  /** Needed to pull it. */
  readonly credential?: Pick<RegistryCredential, 'username' | 'password'>;
  readonly takesMs: number;
}

type ImageTraits = Partial<Pick<ImageInfo, 'user' | 'architecture'>>;

export type PullableTraits = Partial<Omit<PullableImage, 'image'>> & Pick<ImageInfo, 'architecture'>;

const anImage = (name: string, { user = '', ...traits }: ImageTraits = {}): ImageInfo => ({
  id: `sha256:${name}`,
  imageId: `docker://sha256:${name}`,
  sizeBytes: 1_000_000,
  tags: [name],
  digests: [],
  labels: {},
  user,
  ...traits,
});

/** The images an engine has, and those it could pull. */
export class FakeImages {
  private readonly present = new Map<string, ImageInfo>();
  private readonly registry = new Map<string, PullableImage>();

  add(image: string, traits: ImageTraits = {}): void {
    this.present.set(image, anImage(image, traits));
  }

  addPullable(image: string, { architecture, ...traits }: PullableTraits = {}): void {
    const held = anImage(image, architecture === undefined ? {} : { architecture });
    this.registry.set(image, { takesMs: 0, ...traits, image: held });
  }

  clear(): void {
    this.present.clear();
  }

  remove(name: string): void {
    this.present.delete(name);
  }

  all(): readonly ImageInfo[] {
    return [...this.present.values()];
  }

  /** By name or id. */
  find(image: string): ImageInfo | undefined {
    return this.present.get(image) ?? this.all().find(({ id }) => id === image);
  }

  async pull(image: string, options: Parameters<Runtime['pullImage']>[1], calls: FakeCalls): Promise<ImageInfo> {
    const pullable = this.registry.get(image);
    const refused = (why: string): RuntimeError => new RuntimeError('ImagePullFailed', why);
    if (pullable === undefined) throw refused(`manifest for ${image} not found: manifest unknown`);
    if (pullable.takesMs > 0) await calls.sleep(pullable.takesMs, { signal: options.signal });
    const { credential } = pullable;
    const { username, password } = options.credential ?? {};
    if (credential !== undefined && (credential.username !== username || credential.password !== password))
      throw refused('unauthorized: authentication required');
    const { sizeBytes } = pullable.image;
    options.onProgress?.({ downloadedBytes: sizeBytes, totalBytes: sizeBytes, message: 'Pull complete' });
    this.present.set(image, pullable.image);
    return pullable.image;
  }
}
