/** `images --tree`, in the form that Docker has since 28: an image, its names, and below them its platforms. */
import { textWidth } from '../../cli/table.ts';
import { isTerminal, terminalWidth } from '../../cli/terminal.ts';
import { formatBytes } from '../../cli/values.ts';
import type { Engine } from '../../engine/engine.ts';
import { contentReader, type PlatformContent } from '../../engine/image/content.ts';
import type { ListedImage } from '../../engine/image/list.ts';
import { shortId } from '../../oci/model/digest.ts';
import type { ImageRecord } from '../../storage/images.ts';

/** The columns behind the first one; numbers are on the right. */
const COLUMNS = [
  { title: 'ID', width: 12 },
  { title: 'DISK USAGE', width: 10, right: true },
  { title: 'CONTENT SIZE', width: 12, right: true },
  { title: 'EXTRA', width: 5 },
] as const;
const GAP = '   ';
const NARROWEST_NAME = 12;
const STDOUT = 1;

interface TreeImage {
  record: ImageRecord;
  names: string[];
  platforms: PlatformContent[];
}

/** The lines, each ended by a newline. `rows` as `images` has them, a row a name. */
export function renderImageTree(engine: Engine, rows: readonly ListedImage[]): string {
  const read = contentReader(engine);
  const images = gather(rows).map((image) => ({ ...image, platforms: read(image.record) }));
  const { columns, room } = fitting();
  const widest = Math.max('IMAGE'.length, ...images.flatMap(firstCells).map(textWidth));
  const width = Math.min(widest, room);
  const line = (head: string, cells: readonly string[]): string => {
    const first = head.padEnd(width + head.length - textWidth(head));
    return [first, ...columns.map((column, i) => pad(cells[i] ?? '', column))].join(GAP).trimEnd();
  };
  const lines = [
    line(
      'IMAGE',
      columns.map(({ title }) => title),
    ),
  ];
  for (const image of images) {
    const heads = firstCells(image);
    const last = image.names.length - 1;
    lines.push(...heads.slice(0, last), line(heads[last]!, imageCells(image)));
    for (const [i, platform] of image.platforms.entries())
      lines.push(line(heads[last + 1 + i]!, platformCells(platform)));
    lines.push('');
  }
  return `${lines.join('\n')}\n`;
}

/** What stands in the first column: names, then platforms. */
function firstCells({ names, platforms }: TreeImage): string[] {
  const branches = platforms.map(({ platform }, i) => {
    return `${i === platforms.length - 1 ? '└─' : '├─'} ${platform}`;
  });
  return [...names, ...branches];
}

/** The rows of one image in one place, in the order in which the images come. */
function gather(rows: readonly ListedImage[]): Omit<TreeImage, 'platforms'>[] {
  const images = new Map<string, Omit<TreeImage, 'platforms'>>();
  for (const { record, repository, tag, digest } of rows) {
    const image = images.get(record.id) ?? { record, names: [] };
    images.set(record.id, image);
    image.names.push(tag ? `${repository}:${tag}` : repository ? `${repository}@${digest}` : '<untagged>');
  }
  return [...images.values()];
}

function imageCells({ record, platforms }: TreeImage): string[] {
  const sum = (values: (number | undefined)[]): string =>
    formatBytes(values.reduce<number>((total, value) => total + (value ?? 0), 0));
  return [
    shortId(record.id),
    sum(platforms.map(({ files }) => files)),
    sum(platforms.map(({ size }) => size)),
    platforms.some(({ used }) => used) ? 'U' : '',
  ];
}

/** What is not known, or not here, is left out. */
function platformCells({ digest, files, size, used }: PlatformContent): string[] {
  const text = (bytes: number | undefined): string => (bytes === undefined ? '-' : formatBytes(bytes));
  return [shortId(digest), text(files), text(size), used ? 'U' : ''];
}

/** What has room beside the first column; what is read by a program has all. */
function fitting(): { columns: readonly (typeof COLUMNS)[number][]; room: number } {
  if (!isTerminal(STDOUT)) return { columns: COLUMNS, room: Number.POSITIVE_INFINITY };
  let room = terminalWidth();
  const columns = [];
  for (const column of COLUMNS) {
    if (room - column.width - GAP.length < NARROWEST_NAME) break;
    room -= column.width + GAP.length;
    columns.push(column);
  }
  return { columns, room };
}

function pad(text: string, column: (typeof COLUMNS)[number]): string {
  return 'right' in column ? text.padStart(column.width) : text.padEnd(column.width);
}
