import {
  formatAge,
  formatBytes,
  formatBytesBinary,
  formatGoDuration,
  formatRFC3339Nano,
  humanDuration,
  parseBool,
  parseBytes,
  parseDuration,
  parseInteger,
  parseRFC3339Nano,
  parseTime,
} from '../../lib/cli/values.ts';

describe('parseBytes', () => {
  test.each([
    ['0', 0],
    ['512', 512],
    ['512b', 512],
    ['512m', 512 * 1024 ** 2],
    ['1g', 1024 ** 3],
    ['1.5G', 1.5 * 1024 ** 3],
    ['64KiB', 65536],
    ['64kB', 65536],
    ['2 GB', 2 * 1024 ** 3],
    ['.5k', 512],
    ['1t', 1024 ** 4],
    ['0.3', 0],
  ])('%s', (text, bytes) => expect(parseBytes(text)).toBe(bytes));
  test.each(['', 'abc', '-1', '1x', '1mm', '1ki', '1bb', '1 2', '9000p'])('refuses %j', (text) => {
    expect(() => parseBytes(text)).toThrow(/invalid size/);
  });
});

describe('parseDuration', () => {
  test.each([
    ['10', 10],
    ['-5', -5],
    ['0', 0],
    ['1h2m3.5s', 3723.5],
    ['300ms', 0.3],
    ['1.5h', 5400],
    ['-1.5m', -90],
    ['100us', 1e-4],
    ['100µs', 1e-4],
    ['2ns', 2e-9],
    ['.5s', 0.5],
  ])('%s', (text, seconds) => expect(parseDuration(text)).toBeCloseTo(seconds, 12));
  test.each(['', 's', '1d', '1 s', '1.5', '1h30', 'h1', '--1s', '1m-30s'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(/invalid duration/);
  });
});

test('parseInteger reads prefixes as Go does', () => {
  expect(['7', '-7', '+7', '0x1f', '017', '0o17', '0b101', '0', '-0'].map(parseInteger)).toEqual([
    7, -7, 7, 31, 15, 15, 5, 0, 0,
  ]);
  for (const text of ['', '1.5', '09', '1e3', ' 1', '0x', 'x'])
    expect(() => parseInteger(text)).toThrow('integer');
});

test('parseBool takes the words of strconv.ParseBool', () => {
  expect(['1', 't', 'T', 'true', 'TRUE', 'True'].every(parseBool)).toBe(true);
  expect(['0', 'f', 'F', 'false', 'FALSE', 'False'].some(parseBool)).toBe(false);
  for (const text of ['', 'yes', 'tRUE', ' true'])
    expect(() => parseBool(text)).toThrow('neither true nor false');
});

describe('times', () => {
  const now = Date.parse('2026-01-02T03:04:05.006Z');
  const at = (text: string) => formatRFC3339Nano(parseTime(text, now));
  test.each([
    ['1136073845', '2006-01-01T00:04:05Z'],
    ['1136073845.000000001', '2006-01-01T00:04:05.000000001Z'],
    ['1136073845.5', '2006-01-01T00:04:05.5Z'],
    ['2006-01-02T15:04:05.123456789Z', '2006-01-02T15:04:05.123456789Z'],
    ['2006-01-02T15:04:05+07:00', '2006-01-02T08:04:05Z'],
    ['2006-01-02Z', '2006-01-02T00:00:00Z'],
    ['2006-01-02T15Z', '2006-01-02T15:00:00Z'],
    ['10m', '2026-01-02T02:54:05.006Z'],
    ['1h30m', '2026-01-02T01:34:05.006Z'],
    ['-5s', '2026-01-02T03:04:10.006Z'],
  ])('%s', (text, expected) => expect(at(text)).toBe(expected));
  test.each([
    ['2006-01-02T15:04:05.5', new Date(2006, 0, 2, 15, 4, 5, 500)],
    ['2006-01-02T15:04', new Date(2006, 0, 2, 15, 4)],
    ['2006-01-02', new Date(2006, 0, 2)],
  ])('%s is local time', (text, expected) => expect(Date.parse(at(text))).toBe(expected.getTime()));
  test.each(['', 'yesterday', '2006-13-02', '2006-01-02T15:04:05 CET', '12:00'])('refuses %j', (text) => {
    expect(() => parseTime(text)).toThrow(/invalid time/);
  });
  test('RFC 3339 keeps nanoseconds both ways, also before 1970', () => {
    for (const text of [
      '2024-02-29T23:59:59.999999999Z',
      '1969-12-31T23:59:59.25Z',
      '0001-01-01T00:00:00Z',
    ]) {
      expect(formatRFC3339Nano(parseRFC3339Nano(text))).toBe(text);
    }
    expect(parseRFC3339Nano('1970-01-01T00:00:00.000000001Z')).toBe(1n);
  });
});

test.each([
  [0, '0B'],
  [999, '999B'],
  [1000, '1kB'],
  [1234, '1.23kB'],
  [7_674_000, '7.67MB'],
  [999_999, '1MB'],
  [1_100_000_000, '1.1GB'],
  [-2_000, '-2kB'],
])('formatBytes(%d)', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test('formatBytes with four digits', () => expect(formatBytes(7_674_321, 4)).toBe('7.674MB'));

test.each([
  [0, '0B'],
  [1024, '1KiB'],
  [2_087_354_000, '1.944GiB'],
  [1023, '1023B'],
  [1024 ** 3 - 1, '1GiB'],
])('formatBytesBinary(%d)', (bytes, text) => expect(formatBytesBinary(bytes)).toBe(text));

test.each([
  [0, 'Less than a second'],
  [1.9, '1 second'],
  [47, '47 seconds'],
  [60, 'About a minute'],
  [119, 'About a minute'],
  [120, '2 minutes'],
  [46 * 60, '46 minutes'],
  [3600, 'About an hour'],
  [3600 * 1.6, '2 hours'],
  [3600 * 47, '47 hours'],
  [3600 * 48, '2 days'],
  [3600 * 24 * 13, '13 days'],
  [3600 * 24 * 14, '2 weeks'],
  [3600 * 24 * 59, '8 weeks'],
  [3600 * 24 * 60, '2 months'],
  [3600 * 24 * 729, '24 months'],
  [3600 * 24 * 730, '2 years'],
])('humanDuration(%d)', (seconds, text) => expect(humanDuration(seconds)).toBe(text));

test('formatAge', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  expect(formatAge('2026-01-02T03:02:00Z', now)).toBe('2 minutes ago');
  expect(formatAge(now, now)).toBe('Less than a second ago');
});

test.each([
  [0, '0s'],
  [999, '999ns'],
  [1500, '1.5µs'],
  [582_975_274, '582.975274ms'],
  [65_200_000_000, '1m5.2s'],
  [3_661_000_000_000, '1h1m1s'],
])('%d nanoseconds are %s', (nanoseconds, text) => {
  expect(formatGoDuration(nanoseconds)).toBe(text);
});
