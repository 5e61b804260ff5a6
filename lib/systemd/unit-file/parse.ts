/** Reads the text of a unit file, line by line as systemd does (systemd.syntax(7)). What cannot be read is reported. */
import type { Place, Section, UnitFile } from './unit-file.ts';

/** Told of a line that is nothing. */
export type Report = (place: Place, why: string) => void;

/** systemd reads no longer lines (LONG_LINE_MAX). */
const LONGEST_LINE = 1024 * 1024;

/** @param file only for the places */
export function parseUnitFile(text: string, file: string, report: Report): UnitFile {
  const unit: UnitFile = [];
  for (const { line, text: content } of logicalLines(text)) {
    const place = { file, line };
    if (content.length > LONGEST_LINE) report(place, 'the line is longer than 1 MiB');
    else if (content.startsWith('[')) openSection(unit, content, place, report);
    else assign(unit.at(-1), content, place, report);
  }
  return unit;
}

interface LogicalLine {
  /** Of its first part. */
  line: number;
  text: string;
}

/**
 * Lines that say something, without the white space around them. One that ends in a backslash goes on in the next one,
 * with a space in the place of the backslash; comments between the two do not end it.
 */
function* logicalLines(text: string): Generator<LogicalLine> {
  let begun: LogicalLine | undefined;
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const content = raw.trim();
    if (/^[#;]/.test(content)) continue;
    const goesOn = content.endsWith('\\');
    const part = goesOn ? content.slice(0, -1) : content;
    const joined: LogicalLine =
      begun === undefined ? { line: index + 1, text: part } : { ...begun, text: `${begun.text} ${part}` };
    begun = goesOn ? joined : undefined;
    if (!goesOn && joined.text.trim() !== '') yield { ...joined, text: joined.text.trim() };
  }
  if (begun !== undefined && begun.text.trim() !== '') yield { ...begun, text: begun.text.trim() };
}

function openSection(unit: UnitFile, content: string, place: Place, report: Report): void {
  const name = /^\[([^[\]]+)\]$/.exec(content)?.[1];
  if (name === undefined) report(place, `${content}: not a section, as the ] is missing`);
  else unit.push({ ...place, name, assignments: [] });
}

function assign(section: Section | undefined, content: string, place: Place, report: Report): void {
  const equals = content.indexOf('=');
  const key = content.slice(0, Math.max(equals, 0)).trim();
  if (key === '') report(place, `${content}: not KEY=VALUE`);
  else if (section === undefined) report(place, `${key}=: stands before the first section`);
  else section.assignments.push({ ...place, key, value: content.slice(equals + 1).trim() });
}
