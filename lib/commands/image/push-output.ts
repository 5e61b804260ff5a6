/** What a person sees of a push: Docker's lines, and on a terminal a line a layer that moves. */
import type { PushEvent, PushedImage } from '../../engine/image/push.ts';
import { type Digest, shortId } from '../../oci/model/digest.ts';
import type { Reference } from '../../oci/model/reference.ts';
import { TransferOutput } from './transfer-output.ts';

const STDOUT = 1;

export class PushOutput extends TransferOutput {
  private readonly uploading = new Set<Digest>();

  constructor(private readonly reference: Reference) {
    super(STDOUT);
    const { registry } = reference;
    // Docker writes the whole name here, and only here.
    this.line(`The push refers to repository [${registry}/${reference.repository}]`);
  }

  event(event: PushEvent): void {
    switch (event.kind) {
      case 'layers':
        for (const layer of new Set(event.layers)) {
          this.progress.add(shortId(layer), 0);
          if (this.showsLayers) this.line(`${shortId(layer)}: Preparing`);
        }
        break;
      case 'upload':
        if (!this.uploading.has(event.layer)) {
          this.progress.add(shortId(event.layer), event.total);
          this.progress.phase(shortId(event.layer), 'Pushing');
        }
        this.uploading.add(event.layer);
        this.progress.update(shortId(event.layer), event.current);
        break;
      case 'retry':
        this.uploading.delete(event.layer);
        this.progress.phase(shortId(event.layer), `Retrying: ${event.text}`);
        break;
      case 'exists':
        this.layerEnds(event.layer, 'Layer already exists');
        break;
      case 'mounted':
        this.layerEnds(event.layer, `Mounted from ${event.from}`);
        break;
      case 'pushed':
        this.layerEnds(event.layer, 'Pushed');
    }
  }

  async end({ digest, size }: PushedImage): Promise<void> {
    this.progress.close();
    const name = this.reference.tag ?? this.reference.digest;
    await this.lastLine(`${name}: digest: ${digest} size: ${size}`);
  }
}
