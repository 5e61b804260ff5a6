/** What a person sees of a pull: Docker's lines, and on a terminal a line a layer that moves. */
import type { PullEvent, PulledImage } from '../../engine/image/pull.ts';
import type { PullObserver } from '../../engine/image/resolve.ts';
import { type Digest, shortId } from '../../oci/model/digest.ts';
import { familiarName, formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import { TransferOutput } from './transfer-output.ts';

const STDERR = 2;

/** `run` and `create` tell about their pull on stderr, since stdout is the container's. */
export function pullOutputOnStderr(reference: Reference, missing: string | undefined): PullObserver {
  if (missing !== undefined)
    process.stderr.write(`Unable to find image '${familiarName(parseReference(missing))}' locally\n`);
  return new PullOutput(reference, STDERR);
}

export class PullOutput extends TransferOutput implements PullObserver {
  private readonly downloading = new Set<Digest>();

  /** @param fd where the lines go; progress goes to stderr */
  constructor(
    private readonly reference: Reference,
    fd: number,
  ) {
    super(fd);
  }

  event(event: PullEvent): void {
    switch (event.kind) {
      case 'manifest': {
        const { tag, digest, repository } = this.reference;
        this.line(`${digest ?? tag}: Pulling from ${repository}`);
        for (const layer of event.layers) this.progress.add(shortId(layer.digest), layer.size);
        break;
      }
      case 'download':
        if (!this.downloading.has(event.layer)) this.progress.phase(shortId(event.layer), 'Downloading');
        this.downloading.add(event.layer);
        this.progress.update(shortId(event.layer), event.current);
        break;
      case 'unpack':
        this.progress.phase(shortId(event.layer), 'Extracting');
        break;
      case 'retry':
        this.downloading.delete(event.layer);
        this.progress.phase(shortId(event.layer), `Retrying: ${event.text}`);
        break;
      case 'exists':
        this.layerEnds(event.layer, 'Already exists');
        break;
      case 'done':
        this.layerEnds(event.layer, 'Pull complete');
        break;
      case 'warning':
        process.stderr.write(`Warning: ${event.text}\n`);
    }
  }

  async end({ digest, changed }: PulledImage): Promise<void> {
    this.progress.close();
    const name = familiarName(this.reference);
    const status = changed ? 'Downloaded newer image for' : 'Image is up to date for';
    this.line(`Digest: ${digest}`);
    this.line(`Status: ${status} ${name}`);
    await this.lastLine(formatReference(this.reference));
  }
}
