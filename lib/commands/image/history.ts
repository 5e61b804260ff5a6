import { defineCommand } from '../../cli/command.ts';
import { formatRows } from '../../cli/format.ts';
import { formatLocalTime } from '../../cli/local-time.ts';
import { formatAge, formatBytes } from '../../cli/values.ts';
import { type HistoryStep, imageHistory } from '../../engine/image/history.ts';
import { shortId } from '../../oci/model/digest.ts';
import { parsePlatform } from '../../oci/model/platform.ts';
import { familiarName, parseReference } from '../../oci/model/reference.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

const HUMAN = 'table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}';
const EXACT = HUMAN.replace('.CreatedSince', '.CreatedAt');
const HEADERS = {
  ID: 'IMAGE',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  CreatedBy: 'CREATED BY',
  Created: 'CREATED',
  Tags: 'TAGS',
};
const CREATED_BY_WIDTH = 45;

export const command = defineCommand({
  names: ['history', 'image history'],
  summary: 'Show the history of an image',
  usage: '[OPTIONS] IMAGE',
  examples: ['history nginx', "history --no-trunc --format '{{.CreatedBy}}' nginx"],
  options: {
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    human: { short: 'H', type: 'bool', default: true, summary: 'Sizes and dates for people' },
    'no-trunc': { type: 'bool', summary: 'Do not shorten ids and commands' },
    platform: {
      type: 'string',
      metavar: 'OS/ARCH[/VARIANT]',
      summary: 'Refuse an image that is for another platform',
    },
    quiet: { short: 'q', type: 'bool', summary: 'Show only ids' },
  },
  args: { min: 1, max: 1 },
  completeArgs: 'image',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const { format, quiet, human, 'no-trunc': full } = options;
      const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
      const steps = imageHistory(openEngine(), args[0]!, platform);
      const rows = steps.map((step) => row(step, full, human));
      const defaultTable = human ? HUMAN : EXACT;
      await print(await formatRows(rows, { format, quiet, defaultTable, headers: HEADERS }));
    }),
});

/** Podman's fields. They are inherited, so that `--format json` has Docker's and no others. */
class PodmanFields {
  readonly #step: HistoryStep;
  readonly #human: boolean;

  constructor(step: HistoryStep, human: boolean) {
    this.#step = step;
    this.#human = human;
  }
  get Created(): string {
    return this.#human ? createdSince(this.#step) : createdAt(this.#step);
  }
  get Tags(): string[] {
    return this.#step.tags.map((name) => familiarName(parseReference(name)));
  }
}

function row(step: HistoryStep, full: boolean, human: boolean): object {
  const { id, createdBy, size, comment } = step;
  const line = createdBy.replaceAll('\t', ' ');
  return Object.assign(new PodmanFields(step, human), {
    ID: id === undefined ? '<missing>' : full ? id : shortId(id),
    CreatedSince: human ? createdSince(step) : createdAt(step),
    CreatedAt: createdAt(step),
    CreatedBy: full || line.length <= CREATED_BY_WIDTH ? line : `${line.slice(0, CREATED_BY_WIDTH - 1)}…`,
    Size: human ? formatBytes(size) : String(size),
    Comment: comment,
  });
}

function createdSince({ created }: HistoryStep): string {
  return created === undefined ? 'N/A' : formatAge(created);
}

/** RFC 3339 in local time, to the second, as Docker has it; '' for a step that has no date. */
function createdAt({ created }: HistoryStep): string {
  if (created === undefined) return '';
  const [day, time, zone] = formatLocalTime(created).split(' ') as [string, string, string];
  return `${day}T${time}${zone === '+0000' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3)}`}`;
}
