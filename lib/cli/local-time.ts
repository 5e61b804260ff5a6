/** Points in time as Go's Time.String prints them, in local time: `2024-03-01 12:30:00 +0100 CET`. */

/** `when` is a Date, its text, or milliseconds; fractions of a second are left out, as in Docker's `CreatedAt`. */
export function formatLocalTime(when: Date | string | number): string {
  const date = new Date(when);
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString();
  const sign = offset < 0 ? '-' : '+';
  const minutes = Math.abs(offset);
  const zone = `${sign}${pad(Math.trunc(minutes / 60))}${pad(minutes % 60)}`;
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${zone} ${zoneName(date, zone)}`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}

/** CET, PST, …: each locale knows the abbreviations of its own part of the world, and no more. */
function zoneName(date: Date, zone: string): string {
  for (const locale of ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-NZ', 'en-ZA']) {
    const parts = formatterOf(locale).formatToParts(date);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value;
    if (name !== undefined && /^[A-Z]{3,5}$/.test(name)) return name;
  }
  // Zones without an abbreviation are called by their offset (tz database, "Theory").
  return zone.replace(/00$/, '');
}

/** Making one takes longer than using it a dozen times, and a list asks for each of its lines. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(locale: string): Intl.DateTimeFormat {
  let formatter = formatters.get(locale);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' });
    formatters.set(locale, formatter);
  }
  return formatter;
}
