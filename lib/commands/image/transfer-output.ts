/** What pull and push show alike: Docker's lines, and on a terminal a line a layer that moves. */
import { type LayerProgress, openLayerProgress } from '../../cli/progress.ts';
import { isTerminal } from '../../cli/terminal.ts';
import { FdWriter } from '../../core/output.ts';
import { type Digest, shortId } from '../../oci/model/digest.ts';

const STDERR = 2;

export abstract class TransferOutput implements Disposable {
  protected readonly progress: LayerProgress = openLayerProgress(process.stderr);
  /** The moving lines end with what would otherwise be printed a layer, so it is printed only elsewhere. */
  protected readonly showsLayers: boolean;
  private readonly writer: FdWriter;

  /** @param fd where the lines go; progress goes to stderr */
  constructor(fd: number) {
    this.writer = new FdWriter(fd);
    this.showsLayers = !(isTerminal(fd) && isTerminal(STDERR));
  }

  [Symbol.dispose](): void {
    this.progress.close();
  }

  protected layerEnds(layer: Digest, text: string): void {
    this.progress.done(shortId(layer), text);
    if (this.showsLayers) this.line(`${shortId(layer)}: ${text}`);
  }

  protected line(text: string): void {
    // A pipe that nobody reads must not stop the transfer; the last line waits for all before it.
    void this.writer.write(Buffer.from(`${text}\n`))?.catch(() => {
      // The reader is gone (EPIPE): the last line's write says so.
    });
  }

  /** The last line, when there is nothing left that moves. */
  protected async lastLine(text: string): Promise<void> {
    await this.writer.write(Buffer.from(`${text}\n`));
  }
}
