/** What a person sees of an artifact on its way: a line a file, on a terminal one that moves. All of it on stderr. */
import { openLayerProgress } from '../../cli/progress.ts';
import type { TransferEvent } from '../../engine/artifact/pull.ts';
import { TITLE } from '../../oci/model/artifact.ts';
import { type Digest, shortId } from '../../oci/model/digest.ts';

export class TransferOutput implements Disposable {
  private readonly progress = openLayerProgress(process.stderr);
  private readonly labels = new Map<Digest, string>();

  /** @param verb `Downloading` or `Pushing` @param end what is said of a file that went */
  constructor(
    private readonly verb: string,
    private readonly end: string,
  ) {}

  readonly event = (event: TransferEvent): void => {
    switch (event.kind) {
      case 'files':
        for (const { digest, size, annotations } of event.files) {
          const label = annotations?.[TITLE] ?? shortId(digest);
          if (this.labels.has(digest)) continue;
          this.labels.set(digest, label);
          this.progress.add(label, size);
          this.progress.phase(label, this.verb);
        }
        break;
      case 'progress':
        this.with(event.file, (label) => this.progress.update(label, event.current));
        break;
      case 'retry':
        this.with(event.file, (label) => this.progress.phase(label, `Retrying: ${event.text}`));
        break;
      case 'exists':
      case 'done':
        this.with(event.file, (label) =>
          this.ends(label, event.kind === 'done' ? this.end : 'Already exists'),
        );
        break;
      case 'warning':
        process.stderr.write(`Warning: ${event.text}\n`);
    }
  };

  /** The configuration has no line: it is two bytes. */
  private with(file: Digest, tell: (label: string) => void): void {
    const label = this.labels.get(file);
    if (label !== undefined) tell(label);
  }

  private ends(label: string, text: string): void {
    this.progress.done(label, text);
    if (!process.stderr.isTTY) process.stderr.write(`${label}: ${text}\n`);
  }

  [Symbol.dispose](): void {
    this.progress.close();
  }
}
